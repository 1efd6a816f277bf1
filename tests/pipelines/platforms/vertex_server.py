"""A server on loopback that speaks the part of Vertex AI's REST API that `vitrine submit` uses, over TLS."""

import datetime
import ipaddress
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud.aiplatform_v1.types import PipelineJob
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.in_thread import in_thread

PARENT = "/v1/projects/{project}/locations/{location}"


@dataclass
class VertexServer:
    """The jobs and schedules of the server. A run goes through `states`, one per request, and keeps the last.

    `refusal` is a status, its name and a message that answer every request.
    """

    folder: Path
    port: int = 0
    states: list[str] = field(default_factory=lambda: ["PENDING", "RUNNING", "SUCCEEDED"])
    refusal: tuple[int, str, str] | None = None
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    schedules: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks: int = 0

    @property
    def endpoint(self) -> str:
        return f"localhost:{self.port}"

    @property
    def certificate(self) -> Path:
        """The server's certificate, which is its own authority."""
        return self.folder / "certificate.pem"

    @property
    def credentials(self) -> Path:
        """The credentials of a user that this server accepts."""
        return self.folder / "credentials.json"

    def routes(self) -> list[Route]:
        return [
            Route(f"{PARENT}/pipelineJobs", self._create, methods=["POST"]),
            Route(f"{PARENT}/pipelineJobs/{{id}}", self._get, methods=["GET"]),
            Route(f"{PARENT}/schedules", self._schedules, methods=["GET", "POST"]),
            Route(f"{PARENT}/schedules/{{id}}", self._unschedule, methods=["DELETE"]),
        ]

    async def admit(self, request: Request, answer: RequestResponseEndpoint) -> Response:
        """Answer, or refuse without a valid token or if `refusal` is set."""
        if request.headers.get("authorization") != "Bearer token":
            return _error(401, "UNAUTHENTICATED", "no token")
        if self.refusal:
            return _error(*self.refusal)
        return await answer(request)

    async def _create(self, request: Request) -> Response:
        body = await request.json()
        PipelineJob.from_json(json.dumps(body))  # raises for unknown fields
        job_id = request.query_params.get("pipelineJobId", str(len(self.jobs) + 1))
        name = f"{request.url.path.removeprefix('/v1/')}/{job_id}"
        if name in self.jobs:
            return _error(409, "ALREADY_EXISTS", f"there is a job {job_id}")
        self.jobs[name] = body | {"name": name, "state": f"PIPELINE_STATE_{self.states[0]}"}
        return JSONResponse(self.jobs[name])

    async def _get(self, request: Request) -> Response:
        job = self.jobs[request.url.path.removeprefix("/v1/")]
        job["state"] = f"PIPELINE_STATE_{self.states[min(self.looks, len(self.states) - 1)]}"
        if job["state"].endswith("FAILED"):
            job["error"] = {"code": 9, "message": "The DAG failed because of Evaluator."}
        self.looks += 1
        return JSONResponse(job)

    async def _schedules(self, request: Request) -> Response:
        if request.method == "GET":
            name = request.query_params["filter"].partition('"')[2].rstrip('"')
            matches = [schedule for schedule in self.schedules.values() if schedule["displayName"] == name]
            return JSONResponse({"schedules": matches})
        name = f"{request.url.path.removeprefix('/v1/')}/{len(self.schedules) + 1}"
        self.schedules[name] = await request.json() | {"name": name, "state": "ACTIVE"}
        return JSONResponse(self.schedules[name])

    async def _unschedule(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/v1/")
        del self.schedules[name]
        empty = {"@type": "type.googleapis.com/google.protobuf.Empty"}
        return JSONResponse({"name": f"{name}/operations/1", "done": True, "response": empty})


def _error(status: int, name: str, message: str) -> Response:
    return JSONResponse({"error": {"code": status, "status": name, "message": message}}, status)


def _certify(server: VertexServer) -> Path:
    """Write a certificate for loopback and its key; return the key's file."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    server.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = server.folder / "key.pem"
    path.write_bytes(pem)
    return path


def _log_in(server: VertexServer) -> None:
    """Write the credentials of a user with a valid token; those of a service account would need the internet."""
    user = {
        "type": "authorized_user",
        "client_id": "vitrine",
        "client_secret": "secret",
        "refresh_token": "refresh",
        "token": "token",
        "expiry": "2099-01-01T00:00:00Z",
    }
    server.credentials.write_text(json.dumps(user))


@contextmanager
def served(server: VertexServer) -> Iterator[VertexServer]:
    """Serve `server` on a port that the system chooses."""
    app = Starlette(routes=server.routes(), middleware=[Middleware(BaseHTTPMiddleware, dispatch=server.admit)])
    _log_in(server)
    key = _certify(server)
    with in_thread(app, abrupt=True, ssl_certfile=server.certificate, ssl_keyfile=key) as server.port:
        yield server

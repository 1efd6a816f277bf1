"""A server on loopback that speaks the part of Kubeflow Pipelines' API v2beta1 that `vitrine submit` uses."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec, PlatformSpec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.in_thread import in_thread

API = "/apis/v2beta1"


@dataclass
class KfpServer:
    """The uploads, runs and schedules of the server. A run goes through `states`, one per request, and keeps the last.

    `refusal` is a status and a body that answer every request.
    """

    port: int = 0
    token: str = ""
    states: list[str] = field(default_factory=lambda: ["PENDING", "RUNNING", "SUCCEEDED"])
    refusal: tuple[int, dict[str, Any] | str] | None = None
    experiments: list[dict[str, Any]] = field(default_factory=list)
    pipelines: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    schedules: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def routes(self) -> list[Route]:
        return [
            Route(f"{API}/healthz", self._health, methods=["GET"]),
            Route(f"{API}/experiments", self._experiments, methods=["GET", "POST"]),
            Route(f"{API}/pipelines", self._pipelines, methods=["GET"]),
            Route(f"{API}/pipelines/upload", self._upload, methods=["POST"]),
            Route(f"{API}/pipelines/upload_version", self._upload_version, methods=["POST"]),
            Route(f"{API}/runs", self._run, methods=["POST"]),
            Route(f"{API}/runs/{{run}}", self._state, methods=["GET"]),
            Route(f"{API}/recurringruns", self._schedules, methods=["GET", "POST"]),
            Route(f"{API}/recurringruns/{{schedule}}", self._unschedule, methods=["DELETE"]),
        ]

    async def admit(self, request: Request, answer: RequestResponseEndpoint) -> Response:
        """Answer, or refuse without a valid token or if `refusal` is set."""
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "no valid token", "code": 16, "message": "no valid token"}, 401)
        if self.refusal:
            status, body = self.refusal
            return Response(body, status) if isinstance(body, str) else JSONResponse(body, status)
        return await answer(request)

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"multi_user": False})

    async def _experiments(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({"experiments": _with_name(self.experiments, request)})
        created = await request.json() | {"experiment_id": f"experiment-{len(self.experiments)}"}
        self.experiments.append(created)
        return JSONResponse(created)

    async def _pipelines(self, request: Request) -> Response:
        return JSONResponse({"pipelines": _with_name(self.pipelines, request)})

    async def _upload(self, request: Request) -> Response:
        await _package(request)
        created = {"pipeline_id": f"pipeline-{len(self.pipelines)}", "display_name": request.query_params["name"]}
        self.pipelines.append(created)
        return JSONResponse(created)

    async def _upload_version(self, request: Request) -> Response:
        spec, platform = await _package(request)
        created = {
            "pipeline_id": request.query_params["pipelineid"],
            "pipeline_version_id": f"version-{len(self.versions)}",
            "display_name": request.query_params["name"],
        }
        self.versions.append(created | {"spec": spec, "platform": platform})
        return JSONResponse(created)

    async def _run(self, request: Request) -> Response:
        created = await request.json() | {"run_id": f"run-{len(self.runs)}", "looks": 0}
        self.runs.append(created)
        return JSONResponse({"run_id": created["run_id"], "state": self.states[0]})

    async def _state(self, request: Request) -> Response:
        run = next(run for run in self.runs if run["run_id"] == request.path_params["run"])
        state = self.states[min(run["looks"], len(self.states) - 1)]
        run["looks"] += 1
        return JSONResponse({"run_id": run["run_id"], "state": state})

    async def _schedules(self, request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse({"recurringRuns": _with_name(self.schedules, request)})
        created = await request.json() | {"recurring_run_id": f"schedule-{time.monotonic_ns()}", "status": "ENABLED"}
        self.schedules.append(created)
        return JSONResponse(created)

    async def _unschedule(self, request: Request) -> Response:
        self.schedules = [
            schedule for schedule in self.schedules if schedule["recurring_run_id"] != request.path_params["schedule"]
        ]
        return JSONResponse({})


def _with_name(resources: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    predicate = json.loads(request.query_params["filter"])["predicates"][0]
    name = predicate.get("stringValue") or predicate.get("string_value")
    return [resource for resource in resources if resource["display_name"] == name]


async def _package(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the documents of an uploaded package; raise if KFP could not parse them."""
    async with request.form() as form:
        documents = list(yaml.safe_load_all(await form["uploadfile"].read()))  # type: ignore[union-attr]
    json_format.ParseDict(documents[0], PipelineSpec())
    platform = documents[1] if len(documents) > 1 else {}
    json_format.ParseDict(platform, PlatformSpec())
    return documents[0], platform


@contextmanager
def served(server: KfpServer) -> Iterator[KfpServer]:
    """Serve `server` on a port that the system chooses."""
    app = Starlette(routes=server.routes(), middleware=[Middleware(BaseHTTPMiddleware, dispatch=server.admit)])
    with in_thread(app, abrupt=True) as server.port:
        yield server

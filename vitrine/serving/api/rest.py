"""TF Serving's REST API as an ASGI application on loaded servables."""

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from vitrine.saved_model.status import ApiError
from vitrine.serving.api.examples import parse_examples
from vitrine.serving.api.json_bodies import error_body, gunzip, parse_object, too_large
from vitrine.serving.api.predict_requests import input_arrays, signature_name
from vitrine.serving.api.responses import predict_body, results_body
from vitrine.serving.api.status_and_metadata import metadata_body, status_body
from vitrine.serving.api.url_paths import Target, parse_path
from vitrine.serving.classify_regress import METHODS, infer
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.lifecycle.servable import Servable, using
from vitrine.serving.monitoring import CONTENT_TYPE
from vitrine.serving.monitoring import PATH as METRICS_PATH

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """Limits of one request.

    Attributes:
        body_bytes: Largest body, before and after decompression.
        workers: Requests computed at a time; others wait.
    """

    body_bytes: int = 64 * 2**20
    workers: int = 8


def create_app(servables: ServableManager, limits: Limits = Limits()) -> Starlette:
    """Build the ASGI application. The caller loads, refreshes and closes `servables`."""
    pool = ThreadPoolExecutor(limits.workers, thread_name_prefix="predict")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        pool.shutdown()

    return Starlette(routes=[Mount("/", app=RestApi(servables, pool, limits))], lifespan=lifespan)


class RestApi:
    """The ASGI application of `/v1/models/…`. Unknown methods and paths are answered with an error."""

    def __init__(self, servables: ServableManager, pool: ThreadPoolExecutor, limits: Limits) -> None:
        self._servables = servables
        self._pool = pool
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["raw_path"].decode("latin-1")
        if path == METRICS_PATH and request.method == "GET":
            await Response(self._servables.metrics.page(), media_type=CONTENT_TYPE)(scope, receive, send)
            return
        if not path.lower().startswith("/v1/"):
            await Response(status_code=404)(scope, receive, send)
            return
        try:
            body = await self._body(request)
            loop = asyncio.get_running_loop()
            content, status = await loop.run_in_executor(self._pool, self._answer, request, path, body)
        except ApiError as error:
            content, status = error_body(error.message), error.status
        except ClientDisconnect:
            return
        await Response(content, status, media_type="application/json")(scope, receive, send)

    async def _body(self, request: Request) -> bytes:
        limit = self._limits.body_bytes
        if int(request.headers.get("content-length") or 0) > limit:
            raise too_large(limit)
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            chunks.append(chunk)
        return b"".join(chunks)

    def _answer(self, request: Request, path: str, body: bytes) -> tuple[bytes, int]:
        """Return body and status of the response. Runs in the pool: parsing and computing block the event loop."""
        try:
            if request.headers.get("content-encoding", "").lower() == "gzip":
                body = gunzip(body, self._limits.body_bytes)
            return self._respond(parse_path(request.method, path), body), 200
        except ApiError as error:
            return error_body(error.message), error.status
        except Exception:
            _log.exception("%s %s failed", request.method, path)
            return error_body("Internal error; the server's log has the details."), 500

    def _respond(self, target: Target, body: bytes) -> bytes:
        if target.verb in ("predict", *METHODS):
            with self._servables.counted(target.model, target.verb.capitalize(), "REST"):
                return self._infer(target, body)
        if target.verb == "status":
            # Like TF Serving, return all versions when the request names a label.
            return status_body(self._servables.statuses(target.model, target.version))
        with using(self._acquire(target)) as servable:
            return metadata_body(servable)

    def _acquire(self, target: Target) -> Servable:
        return self._servables.acquire(target.model, target.version, target.label)

    def _infer(self, target: Target, body: bytes) -> bytes:
        # In TF Serving's order: errors of the body come before errors of the model.
        document = parse_object(body)
        name = signature_name(document)
        examples = parse_examples(document) if target.verb in METHODS else []
        with using(self._acquire(target)) as servable:
            run = self._servables.metrics.timed(target.model, target.verb.capitalize())
            if target.verb in METHODS:
                self._servables.metrics.examples(target.model, len(examples))
                return results_body(infer(servable.signatures, target.verb, name, examples, run))
            signature = servable.signature(name)
            arrays, form = input_arrays(document, signature.inputs)
            return predict_body(run(signature, arrays), signature.outputs, form)

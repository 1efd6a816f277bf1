"""A language model's endpoint on loopback that supports both protocols and a configurable behaviour."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from benchmarks.label_endpoint import answer_with, user_message
from tests.in_thread import in_thread

KEY = "key-that-nobody-may-see"

Behaviour = Callable[[str], Awaitable[Response | str]]


async def mends(query: str) -> str:
    """Answer as a good model does."""
    return json.dumps({"query": query.replace("lether", "leather")})


@dataclass
class FakeModel:
    """A fake model; `behaviour` maps a query to the model's text, or to a complete response."""

    port: int = 0
    behaviour: Behaviour = mends
    bodies: list[dict] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        gemini = request.url.path.endswith(":generateContent")
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        self.paths.append(request.scope["raw_path"].decode())
        key = request.headers.get("x-goog-api-key" if gemini else "authorization", "")
        if key.removeprefix("Bearer ") not in ("", KEY):
            return Response(status_code=401)
        reply = await self.behaviour(json.loads(user_message(body))["query"])
        return reply if isinstance(reply, Response) else answer_with(reply, body)


def says(text: str) -> Behaviour:
    async def behaviour(query: str) -> str:
        return text

    return behaviour


def responds(status: int = 200, content: bytes | str = b"", **headers: str) -> Behaviour:
    async def behaviour(query: str) -> Response:
        return Response(content, status, {name.replace("_", "-"): value for name, value in headers.items()})

    return behaviour


def takes(seconds: float) -> Behaviour:
    async def behaviour(query: str) -> str:
        await asyncio.sleep(seconds)
        return await mends(query)

    return behaviour


def drips(seconds: float) -> Behaviour:
    """Begin the answer at once, and end it only after `seconds`."""

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(int(seconds * 20)):
            yield b" "
            await asyncio.sleep(0.05)

    async def behaviour(query: str) -> Response:
        return StreamingResponse(drops())

    return behaviour


@contextmanager
def served(model: FakeModel) -> Iterator[FakeModel]:
    """Serve the model on a port that the system chooses."""
    app = Starlette(routes=[Route("/{path:path}", model.answer, methods=["POST"])])
    with in_thread(app, abrupt=True) as model.port:
        yield model

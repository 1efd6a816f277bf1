"""An endpoint of a language model on loopback that answers requests for labels by a function, over both protocols."""

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vitrine.http_server.listening import listen
from vitrine.labels import LABELS

TOKENS: Final = 100
"""Tokens that the endpoint counts for each call."""

LabelOf = Callable[[str, Mapping[str, str]], str]
"""The label of a product's texts for a query."""


@dataclass
class LabelEndpoint:
    """A model that labels; `first` are the answers of the first calls, as texts or complete responses, if any.

    Attributes:
        bodies, headers: Those of all requests.
        asked: The queries and products of the requests that were answered by the function.
    """

    label_of: LabelOf
    first: list[str | Response] = field(default_factory=list)
    port: int = 0
    counts_tokens: bool = True
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base URL of OpenAI's protocol; Gemini's is the same."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        body = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        reply = self.first.pop(0) if self.first else self._labels(json.loads(user_message(body)))
        tokens = TOKENS if self.counts_tokens else None
        return reply if isinstance(reply, Response) else answer_with(reply, body, tokens)

    def _labels(self, question: dict[str, Any]) -> str:
        self.asked.append(question)
        labels = [
            {"number": product["number"], "label": self.label_of(question["query"], product)}
            for product in question["products"]
        ]
        return json.dumps({"labels": labels})


def user_message(body: Mapping[str, Any]) -> str:
    """Return the user's message of a request in either protocol."""
    message: str = body["messages"][1]["content"] if "messages" in body else body["contents"][0]["parts"][0]["text"]
    return message


def answer_with(text: str, body: Mapping[str, Any], tokens: int | None = None) -> Response:
    """Return the response with a model's text in the protocol of the request, and the tokens if they are counted."""
    if "messages" in body:
        choice = {"message": {"role": "assistant", "content": text}}
        return JSONResponse({"choices": [choice], "usage": {"total_tokens": tokens}})
    candidate = {"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}
    return JSONResponse({"candidates": [candidate], "usageMetadata": {"totalTokenCount": tokens}})


def pair_key(query: str, product: Mapping[str, str]) -> tuple[str, str, str]:
    """Return what tells a judged pair from others, whatever else is sent of the product."""
    return query, product.get("title", ""), product.get("description", "")


def noisy(labels: Mapping[tuple[str, str, str], str], noise: float) -> LabelOf:
    """Return a function that knows labels by `pair_key`, and gives another one for a share `noise` of the pairs."""

    def label_of(query: str, product: Mapping[str, str]) -> str:
        key = pair_key(query, product)
        draw = random.Random("\0".join(key))  # noqa: S311 - no secret
        label = labels[key]
        return draw.choice([other for other in LABELS if other != label]) if draw.random() < noise else label

    return label_of


@contextmanager
def served(endpoint: LabelEndpoint) -> Iterator[LabelEndpoint]:
    """Serve the endpoint in a thread, on a port that the system chooses."""
    app = Starlette(routes=[Route("/{path:path}", endpoint.answer, methods=["POST"])])
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    listener.listen()
    endpoint.port = listener.getsockname()[1]
    thread.start()
    try:
        yield endpoint
    finally:
        server.should_exit = server.force_exit = True
        thread.join()

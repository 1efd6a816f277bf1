"""Responses of the gateway's API, as far as audits read them."""

from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from vitrine.audit.target import Answer, Hit
from vitrine.errors import NetworkError

FORBIDDEN: Final = (401, 403, 404)
"""Statuses that say nothing of the query."""


class _Result(BaseModel):
    product_id: str
    title: str
    score: float
    esci: dict[str, float]
    brand: str
    color: str
    category: str
    price: float | None
    image_url: str | None


class _Rewritten(BaseModel):
    query: str


class _Response(BaseModel):
    """The part of the gateway's response that audits read."""

    results: list[_Result]
    junk: bool
    message: str | None = None
    query: str = ""
    rewritten: _Rewritten | None = None


class _Problem(BaseModel):
    error: str


class _Catalogue(BaseModel):
    searches_images: bool


class Models(BaseModel):
    catalogues: list[_Catalogue]


def answer_of(response: httpx.Response) -> Answer:
    """Return the answer of a response; one with a client error refuses the query, or the image, as invalid."""
    if response.is_client_error and response.status_code not in FORBIDDEN:
        return Answer((), refused=True, message=_error(response))
    try:
        if not response.is_success:
            raise NetworkError(f"{response.url}: status {response.status_code}: {_error(response)}")
        found = _Response.model_validate_json(response.content)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]["msg"]
        raise NetworkError(f"{response.url}: the answer is not that of a gateway: {problem}") from None
    hits = tuple(
        Hit(
            each.product_id, each.title, each.score, each.esci, each.brand, each.color, each.category, each.price,
            each.image_url is not None,
        )
        for each in found.results
    )  # fmt: skip
    query = found.rewritten.query if found.rewritten else found.query
    return Answer(hits, found.junk, query, found.message or "")


def _error(response: httpx.Response) -> str:
    try:
        return _Problem.model_validate_json(response.content).error
    except ValidationError:
        return response.text[:200]

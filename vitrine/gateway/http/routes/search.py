"""Searches by words, by picture, and by both."""

import json
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from vitrine.gateway.http.routes.request_context import ERRORS, TheAsker, TheGateway
from vitrine.gateway.http.uploads import read_upload
from vitrine.gateway.schemas import (
    MAX_QUERY,
    Filters,
    LegacyRequest,
    LegacyResponse,
    SearchRequest,
    SearchResponse,
    Window,
)
from vitrine.gateway.search.ranking import Question
from vitrine.gateway.search.request import Search

router = APIRouter(tags=["search"], responses=ERRORS)

CatalogueName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="A catalogue's name.")]
Picture = Annotated[UploadFile, File(description="A JPEG, PNG, GIF, WEBP or BMP picture.")]


@router.post("/predict")
async def predict(body: SearchRequest, gateway: TheGateway, asker: TheAsker) -> SearchResponse:
    """Search by words, in the default catalogue or in the one that answers best."""
    return await gateway.search(by_words(body), asker)


@router.post("/search_ab", tags=["experiments"])
async def search_ab(body: SearchRequest, gateway: TheGateway, asker: TheAsker) -> SearchResponse:
    """Search as the experiment says: from the user's arm, always the same one, or from both, interleaved."""
    return await gateway.search_experiment(by_words(body), asker)


@router.post("/search_a", tags=["experiments"])
async def search_a(body: SearchRequest, gateway: TheGateway, asker: TheAsker) -> SearchResponse:
    """Search arm a of the experiment."""
    return await gateway.search_arm(by_words(body), asker, "a")


@router.post("/search_b", tags=["experiments"])
async def search_b(body: SearchRequest, gateway: TheGateway, asker: TheAsker) -> SearchResponse:
    """Search arm b of the experiment."""
    return await gateway.search_arm(by_words(body), asker, "b")


@router.post("/search_best", tags=["experiments"])
async def search_best(body: SearchRequest, gateway: TheGateway, asker: TheAsker) -> SearchResponse:
    """Search both arms, and answer from the one whose best results have the higher mean z-score."""
    return await gateway.search_best(by_words(body), asker)


@router.post("/search_products/", deprecated=True)
@router.post("/search_products", include_in_schema=False)
async def search_products(body: LegacyRequest, gateway: TheGateway, asker: TheAsker) -> LegacyResponse:
    """Search by words, for older clients."""
    found = await gateway.search(by_words(SearchRequest(query=body.query, k=body.top_k)), asker)
    return LegacyResponse.model_construct(results=found.results)


@router.post("/all/search")
async def search_all(body: SearchRequest, gateway: TheGateway, asker: TheAsker) -> SearchResponse:
    """Search all catalogues by words, and order their results by comparable score."""
    return await gateway.search_all(by_words(body), asker)


@router.post("/predict-image", responses={415: ERRORS[422] | {"description": "The picture cannot be read."}})
async def predict_image(
    file: Picture,
    gateway: TheGateway,
    asker: TheAsker,
    query: Annotated[str, Form(max_length=MAX_QUERY, description="Words to ask with, too.")] = "",
    image_share: Annotated[float, Form(ge=0, le=1, description="The picture's share beside words.")] = 0.5,
    catalogue: Annotated[str | None, Form(max_length=64)] = None,
    k: Annotated[int, Form(ge=1, le=100)] = 24,
    offset: Annotated[int, Form(ge=0, le=10_000)] = 0,
    min_score: Annotated[float, Form(ge=0, le=1)] = 0.0,
    filters: Annotated[str, Form(max_length=20_000, description="Filters, as JSON.")] = "{}",
    facets: Annotated[bool, Form()] = False,
    rewrite: Annotated[bool, Form(description="Whether the words may be corrected.")] = True,
) -> SearchResponse:
    """Search by a picture, or by a picture and words: like this, but in blue."""
    window = Window(k=k, offset=offset, min_score=min_score, filters=_filters(filters), facets=facets)
    image = await read_upload(file, gateway.settings.limits.image_pixels)
    text = query.strip()
    question = Question(
        "both" if text else "image", text=text, image=image, image_share=image_share, filters=window.filters
    )
    search = Search(question, window, rewriting=rewrite)
    if catalogue == "all":
        return await gateway.search_all(search, asker)
    return await gateway.search(search, asker, catalogue or None)


@router.post("/{catalogue}/search")
async def search_catalogue(
    catalogue: CatalogueName, body: SearchRequest, gateway: TheGateway, asker: TheAsker
) -> SearchResponse:
    """Search one catalogue by words."""
    return await gateway.search(by_words(body), asker, catalogue)


def by_words(body: SearchRequest) -> Search:
    """A search by words."""
    return Search(Question("text", text=body.query, filters=body.filters), body, body.rewrite, body.anyway)


def _filters(text: str) -> Filters:
    try:
        return Filters.model_validate(json.loads(text))
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("filters", *one["loc"])} for one in error.errors()]) from None
    except (ValueError, RecursionError):
        raise RequestValidationError([{"loc": ("filters",), "msg": "is not JSON", "type": "json"}]) from None

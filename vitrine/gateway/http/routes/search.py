"""Routes of searches by text, by image, and by both."""

import json
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, CallerDep, GatewayDep
from vitrine.gateway.http.uploads import read_upload
from vitrine.gateway.modifiers import Modifiers
from vitrine.gateway.schemas.answers import LegacyResponse, SearchResponse
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.schemas.searches import LegacyRequest, PageRequest, SearchRequest, Sort
from vitrine.gateway.schemas.values import MAX_QUERY
from vitrine.gateway.search.query import RankingQuery, Search

Parsed = TypeVar("Parsed")
_FILTERS: Final = TypeAdapter(Filters)
_MODIFIERS: Final = TypeAdapter[Modifiers | None](Modifiers | None)

router = APIRouter(tags=["search"], responses=ERROR_RESPONSES)

CatalogueName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The name of a catalogue.")]
ImageFile = Annotated[UploadFile, File(description="A JPEG, PNG, GIF, WEBP or BMP image.")]


@router.post("/predict")
async def predict(body: SearchRequest, gateway: GatewayDep, caller: CallerDep) -> SearchResponse:
    """Search by text in the default catalogue, or in the one that answers best."""
    return await gateway.search(text_search(body), caller)


@router.post("/search_ab", tags=["experiments"])
async def search_ab(body: SearchRequest, gateway: GatewayDep, caller: CallerDep) -> SearchResponse:
    """Search in the experiment's mode: the user's arm, which does not change, or both arms interleaved."""
    return await gateway.search_experiment(text_search(body), caller)


@router.post("/search_a", tags=["experiments"])
async def search_a(body: SearchRequest, gateway: GatewayDep, caller: CallerDep) -> SearchResponse:
    """Search arm a of the experiment."""
    return await gateway.search_arm(text_search(body), caller, "a")


@router.post("/search_b", tags=["experiments"])
async def search_b(body: SearchRequest, gateway: GatewayDep, caller: CallerDep) -> SearchResponse:
    """Search arm b of the experiment."""
    return await gateway.search_arm(text_search(body), caller, "b")


@router.post("/search_best", tags=["experiments"])
async def search_best(body: SearchRequest, gateway: GatewayDep, caller: CallerDep) -> SearchResponse:
    """Search both arms, and return the results of the arm whose best results have the higher mean z-score."""
    return await gateway.search_best(text_search(body), caller)


@router.post("/search_products/", deprecated=True)
@router.post("/search_products", include_in_schema=False)
async def search_products(body: LegacyRequest, gateway: GatewayDep, caller: CallerDep) -> LegacyResponse:
    """Search by text, for older clients."""
    response = await gateway.search(text_search(SearchRequest(query=body.query, k=body.top_k)), caller)
    return LegacyResponse.model_construct(results=response.results)


@router.post("/all/search")
async def search_all(body: SearchRequest, gateway: GatewayDep, caller: CallerDep) -> SearchResponse:
    """Search all catalogues by text, and merge their results by comparable score."""
    return await gateway.search_all(text_search(body), caller)


@router.post("/predict-image", responses={415: ERROR_RESPONSES[422] | {"description": "The image cannot be read."}})
async def predict_image(
    file: ImageFile,
    gateway: GatewayDep,
    caller: CallerDep,
    query: Annotated[str, Form(max_length=MAX_QUERY, description="Words to search with in addition.")] = "",
    image_share: Annotated[float, Form(ge=0, le=1, description="The weight of the image beside the words.")] = 0.5,
    catalogue: Annotated[str | None, Form(max_length=64)] = None,
    k: Annotated[int, Form(ge=1, le=100)] = 24,
    offset: Annotated[int, Form(ge=0, le=10_000)] = 0,
    min_score: Annotated[float, Form(ge=0, le=1)] = 0.0,
    filters: Annotated[str, Form(max_length=20_000, description="Filters, as JSON.")] = "{}",
    sort: Annotated[Sort, Form()] = "relevance",
    diversity: Annotated[
        float | None, Form(ge=0, le=1, description="See `POST /predict`; by default the catalogue's own.")
    ] = None,
    modifiers: Annotated[str, Form(max_length=2_000, description="Modifiers, as JSON.")] = "null",
    facets: Annotated[bool, Form()] = False,
    rewrite: Annotated[bool, Form(description="Allow the words to be rewritten.")] = True,
    interpret: Annotated[bool, Form(description="Allow words about prices and negations to become filters.")] = True,
    anyway: Annotated[bool, Form(description="Return results even if the image appears to show no product.")] = False,
) -> SearchResponse:
    """Search by an image, or by an image and words."""
    page = PageRequest(
        k=k, offset=offset, min_score=min_score, sort=sort, diversity=diversity, facets=facets,
        filters=_json("filters", filters, _FILTERS), modifiers=_json("modifiers", modifiers, _MODIFIERS),
    )  # fmt: skip
    image = await read_upload(file, gateway.settings.limits.image_pixels)
    text = query.strip()
    ranking_query = RankingQuery(
        "both" if text else "image",
        text=text,
        image=image,
        image_share=image_share,
        filters=page.filters,
        diversity=page.ranked_diversity,
    )
    search = Search(ranking_query, page, rewriting=rewrite, interpreting=interpret, anyway=anyway)
    if catalogue == "all":
        return await gateway.search_all(search, caller)
    return await gateway.search(search, caller, catalogue or None)


@router.post("/{catalogue}/search")
async def search_catalogue(
    catalogue: CatalogueName, body: SearchRequest, gateway: GatewayDep, caller: CallerDep
) -> SearchResponse:
    """Search one catalogue by text."""
    return await gateway.search(text_search(body), caller, catalogue)


def text_search(body: SearchRequest) -> Search:
    """Return the text search that a request asks for."""
    query = RankingQuery("text", text=body.query, filters=body.filters, diversity=body.ranked_diversity)
    return Search(
        query, body, rewriting=body.rewrite, interpreting=body.interpret, anyway=body.anyway, explain=body.explain
    )


def _json(name: str, text: str, adapter: TypeAdapter[Parsed]) -> Parsed:
    """Return the value of a form's field that is JSON."""
    try:
        return adapter.validate_python(json.loads(text))
    except ValidationError as error:
        details = [{**detail, "loc": (name, *detail["loc"])} for detail in error.errors()]
        raise RequestValidationError(details) from None
    except (ValueError, RecursionError):
        raise RequestValidationError([{"loc": (name,), "msg": "is not JSON", "type": "json"}]) from None

"""Routes of products: a product, similar products, and its image."""

import json
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, RedirectResponse, Response
from pydantic import BeforeValidator, ValidationError

from vitrine.data.images.decoding import image_type
from vitrine.data.images.image_root import resolve_image
from vitrine.errors import DataError
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.http.admission import ADMITTED
from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, KNOWN_PARAMETERS, CallerDep, GatewayDep
from vitrine.gateway.schemas.answers import SearchResponse
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.schemas.products import GroupedProduct
from vitrine.gateway.schemas.searches import PageRequest, Sort
from vitrine.gateway.schemas.values import Identifier
from vitrine.gateway.search.query import RankingQuery, Search
from vitrine.gateway.search.results import product
from vitrine.saved_model.status import ApiError

router = APIRouter(prefix="/products", tags=["products"], responses=ERROR_RESPONSES)

# Ids may contain any character. Paths of products arrive encoded (vitrine.gateway.http.middleware), so a slash in an id
# is %2F, and `a%2Fimage` is not a request for an image. Some proxies decode it: a plain slash then belongs to the id,
# unless `similar` or `image` follows. Therefore the routes of these two are declared first.
ProductId = Annotated[Identifier, BeforeValidator(unquote)]
CatalogueQuery = Annotated[
    str | None, Query(max_length=64, description="The catalogue; by default the first that has the product.")
]
MAX_AGE: Final = "max-age=3600"


@router.get("/{product_id:path}/similar", dependencies=[KNOWN_PARAMETERS])
async def similar(
    product_id: ProductId,
    gateway: GatewayDep,
    caller: CallerDep,
    catalogue: CatalogueQuery = None,
    k: Annotated[int, Query(ge=1, le=100)] = 12,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    min_score: Annotated[float, Query(ge=0, le=1)] = 0.0,
    brand: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
    category: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    color: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    price_min: Annotated[float | None, Query(ge=0, le=1e15, allow_inf_nan=False)] = None,
    price_max: Annotated[float | None, Query(ge=0, le=1e15, allow_inf_nan=False)] = None,
    in_stock: Annotated[bool, Query(description="Exclude products whose stock is 0.")] = False,
    attributes: Annotated[
        str,
        Query(max_length=2_000, description="Conditions on attributes, as JSON; see `filters` of `POST /predict`."),
    ] = "{}",
    sort: Sort = "relevance",
    diversity: Annotated[
        float | None, Query(ge=0, le=1, description="See `POST /predict`; by default the catalogue's own.")
    ] = None,
) -> SearchResponse:
    """Find the products that are similar to a product in text and image."""
    found_in, _ = find(gateway, product_id, catalogue)
    filters = query_filters(
        brand=brand, category=category, color=color, price_min=price_min, price_max=price_max, in_stock=in_stock,
        attributes=_json(attributes),
    )  # fmt: skip
    page = PageRequest(k=k, offset=offset, min_score=min_score, sort=sort, diversity=diversity)
    query = RankingQuery("similar", product_id=product_id, filters=filters, diversity=page.ranked_diversity)
    return await gateway.search(Search(query, page, rewriting=False), caller, found_in.name)


@router.get(
    "/{product_id:path}/image",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, 307: {"description": "The image is at another address."}},
)
def image(request: Request, product_id: ProductId, gateway: GatewayDep, catalogue: CatalogueQuery = None) -> Response:
    """Return the image of a product."""
    # A response to a request with a key may be cached by its client, but not by a proxy for everyone.
    headers = {"cache-control": f"{'private' if ADMITTED in request.scope else 'public'}, {MAX_AGE}"}
    found_in, row = find(gateway, product_id, catalogue)
    reference = found_in.current.products.at([row])[0]["image"]
    missing = ApiError("NOT_FOUND", f"product {product_id!r} has no image")
    if not reference:
        raise missing
    if urlsplit(reference).scheme in ("http", "https"):
        return RedirectResponse(reference, headers=headers)
    try:
        path: Path = resolve_image(reference, found_in.current.image_root)
    except DataError:
        raise missing from None
    media_type = image_type(path)  # not by the name: a file x.html may be an image and a page
    if not media_type:
        raise missing
    return FileResponse(path, media_type=media_type, headers=headers)


@router.get("/{product_id:path}", dependencies=[KNOWN_PARAMETERS])
async def get_product(product_id: ProductId, gateway: GatewayDep, catalogue: CatalogueQuery = None) -> GroupedProduct:
    """Return a product of a catalogue."""
    found_in, row = find(gateway, product_id, catalogue)
    return product(found_in.name, found_in.current.products, row)


def _json(attributes: str) -> object:
    try:
        parsed: object = json.loads(attributes)
    except (ValueError, RecursionError):
        detail = {"loc": ("query", "attributes"), "msg": "is not JSON", "type": "json"}
        raise RequestValidationError([detail]) from None
    return parsed


def query_filters(**fields: object) -> Filters:
    """Return filters from parameters of a query.

    Raises:
        RequestValidationError: They are not valid together, or a value is too long.
    """
    try:
        return Filters.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(
            [{**detail, "loc": ("query", *detail["loc"])} for detail in error.errors()]
        ) from None


def find(gateway: Gateway, product_id: str, name: str | None) -> tuple[Catalogue, int]:
    """Return the catalogue and the row of a product: in the named catalogue, or in the first that has it.

    Raises:
        ApiError: NOT_FOUND if no such catalogue or product exists.
    """
    searched = [gateway.catalogue(name)] if name else list(gateway.catalogues.values())
    if any(catalogue.is_ready for catalogue in searched):  # others are as in searches: left out
        searched = [catalogue for catalogue in searched if catalogue.is_ready]
    for catalogue in searched:
        row = catalogue.current.products.row(product_id)
        if row is not None:
            return catalogue, row
    names = ", ".join(catalogue.name for catalogue in searched)
    raise ApiError("NOT_FOUND", f"no product {product_id!r} in {names}")

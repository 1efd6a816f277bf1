"""Products: what is known of one, what is like it, what it looks like."""

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from pydantic import BeforeValidator

from vitrine.data.images.decoding import is_image
from vitrine.data.images.image_root import resolve_image
from vitrine.errors import DataError
from vitrine.gateway.catalogue.served import Catalogue
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.http.admission import LET_IN
from vitrine.gateway.http.routes.request_context import ERRORS, TheAsker, TheGateway
from vitrine.gateway.schemas import Filters, Identifier, Product, SearchResponse, Window
from vitrine.gateway.search.ranking import Question
from vitrine.gateway.search.request import Search
from vitrine.gateway.search.results import product
from vitrine.saved_model.status import ApiError

router = APIRouter(prefix="/products", tags=["products"], responses=ERRORS)

# Ids hold what they like. Their paths come as they were sent (vitrine.gateway.http.middleware), so a slash of the id is
# %2F and `a%2Fimage` is no picture; a slash that came as one, as some proxies make it, is the id's unless a word
# follows it that means something. So these come first.
ProductId = Annotated[Identifier, BeforeValidator(unquote)]
CatalogueQuery = Annotated[str | None, Query(max_length=64, description="By default the only one, or the default.")]
CACHE: Final = "max-age=3600"


@router.get("/{product_id:path}/similar")
async def similar(
    product_id: ProductId,
    gateway: TheGateway,
    asker: TheAsker,
    catalogue: CatalogueQuery = None,
    k: Annotated[int, Query(ge=1, le=100)] = 12,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    min_score: Annotated[float, Query(ge=0, le=1)] = 0.0,
    brand: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 - FastAPI copies it
    category: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
    color: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006
) -> SearchResponse:
    """Products like this one, in words and looks."""
    where, _ = find(gateway, product_id, catalogue)
    filters = Filters.model_construct(brand=brand, category=category, color=color, price_min=None, price_max=None)
    window = Window(k=k, offset=offset, min_score=min_score)
    question = Question("similar", product_id=product_id, filters=filters)
    return await gateway.search(Search(question, window, rewriting=False), asker, where.name)


@router.get(
    "/{product_id:path}/image",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, 307: {"description": "The picture is at another address."}},
)
def image(request: Request, product_id: ProductId, gateway: TheGateway, catalogue: CatalogueQuery = None) -> Response:
    """A product's picture."""
    # What needs a key is kept by who has it, and by no proxy for everyone.
    headers = {"cache-control": f"{'private' if LET_IN in request.scope else 'public'}, {CACHE}"}
    where, row = find(gateway, product_id, catalogue)
    named = where.edition.products.at([row])[0]["image"]
    missing = ApiError("NOT_FOUND", f"product {product_id!r} has no picture")
    if not named:
        raise missing
    if urlsplit(named).scheme in ("http", "https"):
        return RedirectResponse(named, headers=headers)
    try:
        path: Path = resolve_image(named, where.edition.image_root)
    except DataError:
        raise missing from None
    if not is_image(path):
        raise missing
    return FileResponse(path, headers=headers)


@router.get("/{product_id:path}")
async def get_product(product_id: ProductId, gateway: TheGateway, catalogue: CatalogueQuery = None) -> Product:
    """What is known of a product."""
    where, row = find(gateway, product_id, catalogue)
    return product(where.name, where.edition.products.at([row])[0])


def find(gateway: Gateway, product_id: str, name: str | None) -> tuple[Catalogue, int]:
    """The catalogue and the row of a product: of the named catalogue, or of the first that has it.

    Raises:
        ApiError: NOT_FOUND.
    """
    searched = [gateway.catalogue(name)] if name else list(gateway.catalogues.values())
    for one in searched:
        row = one.edition.products.row(product_id)
        if row is not None:
            return one, row
    raise ApiError("NOT_FOUND", f"no product {product_id!r} in {', '.join(one.name for one in searched)}")

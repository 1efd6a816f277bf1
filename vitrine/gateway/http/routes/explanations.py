"""The route that explains a result: the words, and the parts of the images, that spoke for it."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile

from vitrine.data.images.decoding import UndecodableImage
from vitrine.data.images.image_root import resolve_image
from vitrine.errors import DataError
from vitrine.gateway.catalogue.catalogue import VersionSwappedError
from vitrine.gateway.explaining.explanation import explain
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, GatewayDep
from vitrine.gateway.http.routes.products import CatalogueQuery, ProductId, find
from vitrine.gateway.http.uploads import read_file, read_upload
from vitrine.gateway.schemas.explanations import Explanation
from vitrine.gateway.schemas.searches import PageRequest
from vitrine.gateway.schemas.values import MAX_QUERY
from vitrine.gateway.search.answering import answer_from
from vitrine.gateway.search.query import RankingQuery, Search
from vitrine.saved_model.status import ApiError, invalid

router = APIRouter(prefix="/products", tags=["products"], responses=ERROR_RESPONSES)


@router.post(
    "/{product_id:path}/explanation",
    responses={415: ERROR_RESPONSES[422] | {"description": "The image cannot be read."}},
)
async def explain_result(
    product_id: ProductId,
    gateway: GatewayDep,
    catalogue: CatalogueQuery = None,
    query: Annotated[str, Form(max_length=MAX_QUERY, description="The words that found the product.")] = "",
    file: Annotated[UploadFile | None, File(description="The image that found it.")] = None,
    rewrite: Annotated[bool, Form(description="Allow the words to be rewritten.")] = True,
    interpret: Annotated[bool, Form(description="Allow words about prices and negations to become filters.")] = True,
) -> Explanation:
    """Explain a result: the words that spoke for it and against it, and the parts of the images that are similar.

    It is computed for this request only, and recorded as no search.
    """
    text = query.strip()
    if not text and file is None:
        raise invalid("nothing to explain: give the words in `query`, the image in `file`, or both")
    pixels = gateway.settings.limits.image_pixels
    asked = None if file is None else await read_upload(file, pixels)
    found_in, row = find(gateway, product_id, catalogue)
    version = found_in.current
    if text:
        search = Search(RankingQuery("text", text=text), PageRequest(), rewrite, interpret)
        text = (await answer_from(found_in, search, gateway.cache)).query.text
    image = await _image_of(gateway, version.products.at([row])[0]["image"], version.image_root)
    try:
        return await explain(found_in, version, product_id, text, asked, image, gateway.cache)
    except VersionSwappedError:
        raise ApiError("UNAVAILABLE", f"catalogue {found_in.name}: the version has just changed; ask again") from None


async def _image_of(gateway: Gateway, reference: str, image_root: Path) -> bytes | None:
    """Return a product's decoded image; None if it has none, or one that is at another address or cannot be read."""
    if not reference:
        return None
    try:
        return await read_file(resolve_image(reference, image_root), gateway.settings.limits.image_pixels)
    except (DataError, OSError, UndecodableImage):
        return None

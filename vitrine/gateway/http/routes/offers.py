"""The route of changes of offers: prices, stock and other attributes."""

from fastapi import APIRouter

from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, GatewayDep
from vitrine.gateway.http.routes.search import CatalogueName
from vitrine.gateway.schemas.changes import OffersRequest, OffersResponse

router = APIRouter(tags=["offers"], responses=ERROR_RESPONSES)


@router.post("/{catalogue}/offers")
async def change_offers(catalogue: CatalogueName, body: OffersRequest, gateway: GatewayDep) -> OffersResponse:
    """Change prices, stock and other attributes of products, and hide or show them. An update key is needed."""
    rows = [product.model_dump(exclude_unset=True) for product in body.products]
    update = await gateway.catalogue(catalogue).change_offers(rows, "gateway")
    return OffersResponse(
        update=update.sequence,
        products=update.products,
        unknown=update.unknown,
        first_unknown=update.first_unknown,
    )

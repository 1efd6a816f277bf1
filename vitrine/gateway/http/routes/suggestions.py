"""The route of suggestions while a query is typed."""

from typing import Annotated

from fastapi import APIRouter, Query

from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, KNOWN_PARAMETERS, GatewayDep
from vitrine.gateway.suggesting.schemas import MAX_TYPED, Suggestions

router = APIRouter(tags=["search"], responses=ERROR_RESPONSES)


@router.get("/suggest", dependencies=[KNOWN_PARAMETERS])
async def suggest(
    gateway: GatewayDep,
    q: Annotated[str, Query(max_length=MAX_TYPED, description="The beginning of a query, as it is being typed.")],
    catalogue: Annotated[
        str | None, Query(max_length=64, description="The catalogue; by default the one that searches have.")
    ] = None,
    k: Annotated[int, Query(ge=1, le=20, description="The largest number of suggestions.")] = 8,
) -> Suggestions:
    """Suggest queries that others searched with success, categories, brands and products. Nothing is logged."""
    return gateway.suggest(q, catalogue, k)

"""Routes for merchandisers: the queries of the last days, and new synonyms. An update key is needed."""

from fastapi import APIRouter

from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, GatewayDep
from vitrine.gateway.schemas.changes import Accepted, SynonymRequest
from vitrine.gateway.schemas.service import Insights

router = APIRouter(tags=["insights"], responses=ERROR_RESPONSES)


@router.get("/insights")
async def insights(gateway: GatewayDep) -> Insights:
    """List top, rising and failing queries of the last seven days. Queries of a single user are left out."""
    return await gateway.insights.read()


@router.post("/synonyms", status_code=201)
async def add_synonym(body: SynonymRequest, gateway: GatewayDep) -> Accepted:
    """Replace words of queries by others from now on: one rule more in the file `rewriting.synonyms`."""
    await gateway.synonyms.add(body.words, body.replacement)
    return Accepted()

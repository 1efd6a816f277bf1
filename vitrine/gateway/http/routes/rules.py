"""Routes of the rules of merchandising: read, replace, preview, and earlier versions. An update key is needed."""

from typing import Annotated

from fastapi import APIRouter, Path

from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, CallerDep, GatewayDep
from vitrine.gateway.merchandising.rules import (
    PresentRules,
    PreviewRequest,
    PreviewResponse,
    Rule,
    RuleSet,
    RulesRequest,
    RuleVersion,
)

router = APIRouter(
    prefix="/rules",
    tags=["merchandising"],
    responses=ERROR_RESPONSES | {409: ERROR_RESPONSES[422] | {"description": "The rules have changed meanwhile."}},
)


@router.get("")
async def rules(gateway: GatewayDep) -> PresentRules:
    """Return the present rules."""
    gateway.rules.require()
    return _present(gateway.rules.book.version, gateway.rules.book.rules)


@router.put("")
async def replace_rules(body: RulesRequest, gateway: GatewayDep) -> PresentRules:
    """Replace all rules, if they are still those of the version that was read. The replaced ones are kept."""
    book = await gateway.rules.replace(RuleSet(rules=body.rules), body.version)
    return _present(book.version, book.rules)


@router.post("/preview")
async def preview_rules(body: PreviewRequest, gateway: GatewayDep, caller: CallerDep) -> PreviewResponse:
    """Search without rules and with those of the request, which do not apply otherwise. Nothing is logged."""
    return await gateway.preview(body, caller)


@router.get("/versions")
async def rule_versions(gateway: GatewayDep) -> list[RuleVersion]:
    """List the versions of the rules that are kept, the newest first."""
    return await gateway.rules.versions()


@router.get("/versions/{version}")
async def rules_of_version(version: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")], gateway: GatewayDep) -> RuleSet:
    """Return the rules of an earlier version, which `PUT /rules` can bring back."""
    return await gateway.rules.read_version(version)


def _present(version: str, rules: tuple[Rule, ...]) -> PresentRules:
    return PresentRules.model_construct(rules=list(rules), version=version)

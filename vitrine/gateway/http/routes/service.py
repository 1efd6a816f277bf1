"""The service itself: what can be asked, whether it can answer, what it counted; and feedback."""

from typing import Final

from fastapi import APIRouter, Request, Response

from vitrine.gateway.http.admission import KEY_COOKIE, LET_IN
from vitrine.gateway.http.routes.request_context import ERRORS, TheAsker, TheGateway
from vitrine.gateway.schemas import Accepted, CatalogueInfo, FeedbackRequest, Health, Models

router = APIRouter(tags=["service"])

MONTH: Final = 30 * 24 * 3600


@router.get("/models", responses=ERRORS)
async def models(request: Request, gateway: TheGateway) -> Models:
    """The catalogues with their models, versions and facets, the experiment, and whether a session is open."""
    settings, found = gateway.settings, []
    for name, catalogue in gateway.catalogues.items():
        if not catalogue.is_ready:
            continue
        edition, backend = catalogue.edition, settings.catalogues[name].backend
        found.append(
            CatalogueInfo(
                name=name,
                model=getattr(backend, "model", "product_search"),
                version=edition.version,
                backend=backend.kind,
                products=edition.products.count,
                dimension=edition.dimension,
                searches_images=edition.searches_images,
                default=name == settings.default or len(gateway.catalogues) == 1,
                facets=edition.facets,
            )
        )
    experiment = settings.experiment
    described = (
        {"name": experiment.name, "mode": experiment.mode, "a": experiment.a, "b": experiment.b} if experiment else None
    )
    session = LET_IN in request.scope and KEY_COOKIE in request.cookies
    return Models(catalogues=found, experiment=described, rewriting=settings.rewriting.kind, session=session)


@router.get("/health")
async def health() -> Health:
    """Whether the process lives."""
    return Health(status="ok")


@router.get("/ready", responses={503: {"model": Health, "description": "No catalogue can be searched."}})
async def ready(gateway: TheGateway, response: Response) -> Health:
    """Whether searches can be answered: 503 until one catalogue can, `degraded` while some cannot."""
    problems = {name: catalogue.problem or "ok" for name, catalogue in gateway.catalogues.items()}
    usable = [one for one in gateway.catalogues.values() if one.is_ready]
    if not usable:
        response.status_code = 503
        return Health(status="starting", catalogues=problems)
    return Health(status="ok" if all(one == "ok" for one in problems.values()) else "degraded", catalogues=problems)


@router.get("/metrics", include_in_schema=False)
async def metrics(gateway: TheGateway) -> Response:
    """What was counted, for Prometheus."""
    return Response(gateway.metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.post("/feedback", status_code=202, responses=ERRORS)
async def feedback(body: FeedbackRequest, gateway: TheGateway, asker: TheAsker) -> Accepted:
    """Say that a shopper clicked or bought a result."""
    gateway.recorder.feedback(body, asker.user)
    return Accepted()


@router.post("/session", status_code=204, responses=ERRORS)
async def open_session(request: Request, response: Response) -> None:
    """Keep the API key that this request has in a cookie for 30 days, for pages: pictures cannot send headers."""
    token = request.scope.get(LET_IN)
    if token:
        secure = request.url.scheme == "https"
        response.set_cookie(KEY_COOKIE, token, max_age=MONTH, httponly=True, samesite="strict", secure=secure)


@router.delete("/session", status_code=204, responses=ERRORS)
async def close_session(request: Request, response: Response) -> None:
    """Forget the API key."""
    secure = request.url.scheme == "https"
    response.delete_cookie(KEY_COOKIE, httponly=True, samesite="strict", secure=secure)

"""Routes of the service itself: catalogues, health, metrics, feedback, and the session of an API key."""

from collections.abc import Callable, Coroutine
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from vitrine.gateway.http.admission import ADMITTED, KEY_COOKIE
from vitrine.gateway.http.routes.dependencies import ERROR_RESPONSES, CallerDep, GatewayDep
from vitrine.gateway.schemas.changes import Accepted, FeedbackRequest
from vitrine.gateway.schemas.service import CatalogueInfo, Health, Models


class JsonInAnyType(APIRoute):
    """A route whose body is JSON whatever its type says.

    Pages of other origins send `text/plain`, and some browsers nothing else with `sendBeacon`: it needs no preflight.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """Return FastAPI's handler, which is given the type of JSON."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
            scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
            return await handler(Request(scope, request.receive))

        return handle


router = APIRouter(tags=["service"])
beacons = APIRouter(tags=["service"], route_class=JsonInAnyType)

MONTH: Final = 30 * 24 * 3600


@router.get("/models", responses=ERROR_RESPONSES)
async def models(request: Request, gateway: GatewayDep) -> Models:
    """List the catalogues with their models, versions and facets, the experiment, and the state of the session."""
    settings, catalogues = gateway.settings, []
    for name, catalogue in gateway.catalogues.items():
        if not catalogue.is_ready:
            continue
        version, backend = catalogue.current, settings.catalogues[name].backend
        catalogues.append(
            CatalogueInfo(
                name=name,
                model=getattr(backend, "model", "product_search"),
                version=version.version,
                backend=backend.kind,
                products=version.products.count,
                dimension=version.dimension,
                searches_images=version.searches_images,
                judged_by=version.judged_by,
                default=name == settings.default or len(gateway.catalogues) == 1,
                facets=version.facets,
            )
        )
    experiment = settings.experiment
    described = (
        {"name": experiment.name, "mode": experiment.mode, "a": experiment.a, "b": experiment.b} if experiment else None
    )
    session = ADMITTED in request.scope and KEY_COOKIE in request.cookies
    return Models(catalogues=catalogues, experiment=described, rewriting=settings.rewriting.kind, session=session)


@router.get("/health")
async def health() -> Health:
    """Report that the process is alive."""
    return Health(status="ok")


@router.get("/ready", responses={503: {"model": Health, "description": "No catalogue can be searched."}})
async def ready(gateway: GatewayDep, response: Response) -> Health:
    """Report whether searches can be answered: 503 until one catalogue is ready, `degraded` while others are not."""
    problems = {name: catalogue.problem or "ok" for name, catalogue in gateway.catalogues.items()}
    if not any(catalogue.is_ready for catalogue in gateway.catalogues.values()):
        response.status_code = 503
        return Health(status="starting", catalogues=problems)
    all_ok = all(problem == "ok" for problem in problems.values())
    return Health(status="ok" if all_ok else "degraded", catalogues=problems)


@router.get("/metrics", include_in_schema=False)
async def metrics(gateway: GatewayDep) -> Response:
    """Return the metrics in Prometheus' text format."""
    return Response(gateway.metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


@beacons.post("/feedback", status_code=202, responses=ERROR_RESPONSES)
async def feedback(body: FeedbackRequest, gateway: GatewayDep, caller: CallerDep) -> Accepted:
    """Record that a shopper clicked or bought a result. The body is JSON, also if it is sent as `text/plain`."""
    gateway.recorder.feedback(body, caller.user)
    return Accepted()


@router.post("/session", status_code=204, responses=ERROR_RESPONSES)
async def open_session(request: Request, response: Response) -> None:
    """Set a cookie with a token of this request's API key for 30 days: a page's image requests cannot send headers."""
    token = request.scope.get(ADMITTED)
    if token:
        secure = request.url.scheme == "https"
        response.set_cookie(KEY_COOKIE, token, max_age=MONTH, httponly=True, samesite="strict", secure=secure)


@router.delete("/session", status_code=204, responses=ERROR_RESPONSES)
async def close_session(request: Request, response: Response) -> None:
    """Remove the cookie with the token of the API key."""
    secure = request.url.scheme == "https"
    response.delete_cookie(KEY_COOKIE, httponly=True, samesite="strict", secure=secure)

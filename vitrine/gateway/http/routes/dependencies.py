"""Dependencies of the routes: the gateway, and the caller of a request."""

from typing import Annotated, Final

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from vitrine.experiments.assignment import new_user_id
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.schemas.service import Problem
from vitrine.gateway.search.query import Caller

USER_COOKIE: Final = "vitrine_user"
USER_HEADER: Final = "x-user-id"
YEAR: Final = 365 * 24 * 3600
MAX_USER: Final = 256
"""Characters of the longest user id."""

ERROR_RESPONSES: Final[dict[int | str, dict[str, object]]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        400: "The catalogue does not support this request.",
        401: "An API key is needed.",
        403: "The API key may not change offers, synonyms or rules, or see insights.",
        404: "The catalogue, product or experiment does not exist.",
        408: "Receiving the body took too long.",
        413: "The body is too large.",
        422: "The request is not valid.",
        429: "Too many requests by this client.",
        502: "The model failed.",
        503: "The gateway is not ready, or handles too many requests.",
        504: "The response took too long.",
    }.items()
}
"""The error responses of any route, for the OpenAPI schema."""


async def get_gateway(request: Request) -> Gateway:
    """Return the gateway of the application."""
    gateway: Gateway = request.app.state.gateway
    return gateway


async def get_caller(request: Request, response: Response) -> Caller:
    """Return the caller, by the user id in the header `X-User-Id` or in a cookie; without both, set the cookie.

    Raises:
        RequestValidationError: The header's id is too long, or has characters that cannot be printed. Another user in
            its place would be in another arm of an experiment at every call.
    """
    user = request.headers.get(USER_HEADER, "").strip()
    if user and not _is_user(user):
        message = f"is no user id: at most {MAX_USER} characters, all of which can be printed"
        raise RequestValidationError([{"loc": ("header", USER_HEADER), "msg": message, "type": "user_id"}])
    cookie = request.cookies.get(USER_COOKIE, "")
    user = user or (cookie if _is_user(cookie) else "")
    if not user:
        user = new_user_id()
        secure = request.url.scheme == "https"
        response.set_cookie(USER_COOKIE, user, max_age=YEAR, httponly=True, samesite="lax", secure=secure)
    return Caller(request.scope["search_id"], user, request.scope["started"])


def _is_user(text: str) -> bool:
    return 0 < len(text) <= MAX_USER and text.isprintable()


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse a request with a parameter that its route does not have: a filter that is ignored finds wrong products.

    Raises:
        RequestValidationError: There is such a parameter.
    """
    route: APIRoute = request.scope["route"]
    known = sorted(str(field.alias) for field in route.dependant.query_params)
    for name in request.query_params:
        if name not in known:
            message = f"is unknown; known are {', '.join(known)}"
            raise RequestValidationError([{"loc": ("query", name), "msg": message, "type": "unknown"}])


KNOWN_PARAMETERS: Final = Depends(refuse_unknown_parameters)


# Both are coroutines, although they wait for nothing: FastAPI calls a plain function in a thread.
GatewayDep = Annotated[Gateway, Depends(get_gateway)]
CallerDep = Annotated[Caller, Depends(get_caller)]

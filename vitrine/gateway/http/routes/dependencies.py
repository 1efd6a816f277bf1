"""Dependencies of the routes: the gateway, and the caller of a request."""

import re
from typing import Annotated, Final

from fastapi import Depends, Request, Response

from vitrine.experiments.assignment import new_user_id
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.schemas import Problem
from vitrine.gateway.search.query import Caller

USER_COOKIE: Final = "vitrine_user"
USER_HEADER: Final = "x-user-id"
YEAR: Final = 365 * 24 * 3600
_USER: Final = re.compile(r"[A-Za-z0-9_.:@-]{1,128}", re.ASCII)

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
    """Return the caller, by the user id in the header `X-User-Id` or in a cookie; without both, set the cookie."""
    sent_id = request.headers.get(USER_HEADER) or request.cookies.get(USER_COOKIE) or ""
    user = sent_id if _USER.fullmatch(sent_id) else ""
    if not user:
        user = new_user_id()
        secure = request.url.scheme == "https"
        response.set_cookie(USER_COOKIE, user, max_age=YEAR, httponly=True, samesite="lax", secure=secure)
    return Caller(request.scope["request_id"], user, request.scope["started"])


# Both are coroutines, although they wait for nothing: FastAPI calls a plain function in a thread.
GatewayDep = Annotated[Gateway, Depends(get_gateway)]
CallerDep = Annotated[Caller, Depends(get_caller)]

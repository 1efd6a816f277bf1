"""What several paths need of a request: the gateway, and who asks."""

import re
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from vitrine.experiments.assignment import new_user_id
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.schemas import Problem
from vitrine.gateway.search.request import Asker

USER_COOKIE: Final = "vitrine_user"
USER_HEADER: Final = "x-user-id"
YEAR: Final = 365 * 24 * 3600
_USER: Final = re.compile(r"[A-Za-z0-9_.:@-]{1,128}", re.ASCII)

ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        400: "The catalogue cannot answer this.",
        401: "An API key is needed.",
        404: "There is no such catalogue, product or experiment.",
        408: "The body took too long.",
        413: "The body is too large.",
        422: "The request is not valid.",
        429: "Too many requests by this client.",
        502: "The model failed.",
        503: "Not ready, or too busy.",
        504: "The answer took too long.",
    }.items()
}
"""For the schema: what any path may answer."""


async def gateway_of(request: Request) -> Gateway:
    """The gateway of the application."""
    found: Gateway = request.app.state.gateway
    return found


async def asker_of(request: Request, response: Response) -> Asker:
    """Who asks: the id in the header `X-User-Id`, or in a cookie, which is set where there is neither."""
    given = request.headers.get(USER_HEADER) or request.cookies.get(USER_COOKIE) or ""
    user = given if _USER.fullmatch(given) else ""
    if not user:
        user = new_user_id()
        secure = request.url.scheme == "https"
        response.set_cookie(USER_COOKIE, user, max_age=YEAR, httponly=True, samesite="lax", secure=secure)
    return Asker(request.scope["request_id"], user, request.scope["started"])


# Both are coroutines, though they wait for nothing: FastAPI calls a plain function in a thread.
TheGateway = Annotated[Gateway, Depends(gateway_of)]
TheAsker = Annotated[Asker, Depends(asker_of)]

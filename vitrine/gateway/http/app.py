"""The gateway as an ASGI application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from vitrine import __version__
from vitrine.errors import ConfigError
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.http.admission import AdmissionControl
from vitrine.gateway.http.errors import add_handlers
from vitrine.gateway.http.middleware import REQUEST_ID, RequestMiddleware
from vitrine.gateway.http.page import add_page, is_page
from vitrine.gateway.http.routes import explanations, insights, offers, products, rules, search, service, suggestions

METHODS: Final = ("GET", "POST", "OPTIONS")


def create_api(gateway: Gateway, page: Path | None = None) -> FastAPI:
    """Return the application with the API and, if it was built, the web page, without middleware."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        yield
        await gateway.close()

    app = FastAPI(
        title="Vitrine",
        version=__version__,
        summary="Product search by text and by image.",
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,  # both pages load scripts from other sites
        redoc_url=None,
    )
    app.state.gateway = gateway
    add_handlers(app)
    app.include_router(service.beacons)
    for routes in (service, explanations, products, offers, insights, rules, suggestions, search):
        app.include_router(routes.router)
    add_page(app, page)
    return app


def with_middleware(app: FastAPI, gateway: Gateway, environment: Mapping[str, str]) -> ASGIApp:
    """Return `app` with request middleware, CORS and admission control.

    Raises:
        ConfigError: The variable that should hold the API keys is not set.
    """
    settings, metrics = gateway.settings, gateway.metrics
    security = settings.security
    keys = api_keys(security.api_keys_env, "api_keys_env", environment)
    update_keys = api_keys(security.update_keys_env, "update_keys_env", environment)
    inner: ASGIApp = AdmissionControl(
        app, settings.limits, metrics, keys, security.trust_proxy, is_page, update_keys=update_keys
    )
    if security.cors_origins:  # outside admission control, so that pages of other origins can read refusals
        inner = CORSMiddleware(
            inner,
            allow_origins=security.cors_origins,
            allow_methods=METHODS,
            # `sendBeacon` asks for it. Cookies of the gateway are not sent across sites in any case (SameSite).
            allow_credentials="*" not in security.cors_origins,
            allow_headers=["authorization", "content-type", "x-api-key", "x-user-id", REQUEST_ID],
            expose_headers=[REQUEST_ID, "retry-after"],
        )
    return RequestMiddleware(inner, metrics)


def api_keys(variable: str | None, setting: str, environment: Mapping[str, str]) -> frozenset[str]:
    """Return the keys in an environment variable that a setting names; none if it names no variable.

    Raises:
        ConfigError: The variable is not set, or empty.
    """
    if variable is None:
        return frozenset()
    keys = frozenset(key.strip() for key in environment.get(variable, "").split(",") if key.strip())
    if not keys:
        raise ConfigError(f"security.{setting}: the environment variable {variable} holds no key")
    return keys

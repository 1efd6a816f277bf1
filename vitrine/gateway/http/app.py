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
from vitrine.gateway.http.routes import products, search, service
from vitrine.gateway.settings import SecuritySettings

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
    for routes in (service, products, search):
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
    keys = api_keys(security, environment)
    inner: ASGIApp = AdmissionControl(app, settings.limits, metrics, keys, security.trust_proxy, is_page)
    if security.cors_origins:  # outside admission control, so that pages of other origins can read refusals
        inner = CORSMiddleware(
            inner,
            allow_origins=security.cors_origins,
            allow_methods=METHODS,
            allow_headers=["authorization", "content-type", "x-api-key", "x-user-id", REQUEST_ID],
            expose_headers=[REQUEST_ID, "retry-after"],
        )
    return RequestMiddleware(inner, metrics)


def api_keys(security: SecuritySettings, environment: Mapping[str, str]) -> frozenset[str]:
    """Return the keys in the environment variable that the settings name; none if they name no variable.

    Raises:
        ConfigError: The variable is not set, or empty.
    """
    if security.api_keys_env is None:
        return frozenset()
    keys = frozenset(key.strip() for key in environment.get(security.api_keys_env, "").split(",") if key.strip())
    if not keys:
        raise ConfigError(f"security.api_keys_env: the environment variable {security.api_keys_env} holds no key")
    return keys

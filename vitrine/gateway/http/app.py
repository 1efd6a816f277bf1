"""The gateway as an ASGI application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from vitrine import __version__
from vitrine.errors import ConfigError
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.http.admission import Admission
from vitrine.gateway.http.errors import add_handlers
from vitrine.gateway.http.middleware import REQUEST_ID, Watch
from vitrine.gateway.http.page import add_page, is_page
from vitrine.gateway.http.routes import products, search, service
from vitrine.gateway.settings import SecuritySettings

METHODS: Final = ("GET", "POST", "OPTIONS")


def create_api(gateway: Gateway, page: Path | None = None) -> FastAPI:
    """The API and, if it was built, the page, without what guards them."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        yield
        await gateway.close()

    app = FastAPI(
        title="Vitrine",
        version=__version__,
        summary="Product search by words and by picture.",
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,  # both load their scripts from elsewhere
        redoc_url=None,
    )
    app.state.gateway = gateway
    add_handlers(app)
    for topic in (service, products, search):
        app.include_router(topic.router)
    add_page(app, page)
    return app


def guarded(app: FastAPI, gateway: Gateway, environment: Mapping[str, str]) -> ASGIApp:
    """`app` behind limits, keys and CORS.

    Raises:
        ConfigError: The variable that should hold the API keys is not set.
    """
    settings, metrics = gateway.settings, gateway.metrics
    security = settings.security
    keys = api_keys(security, environment)
    inner: Any = Admission(app, settings.limits, metrics, keys, security.trust_proxy, is_page)
    if security.cors_origins:  # around what refuses: a page on another origin can read why
        inner = CORSMiddleware(
            inner,
            allow_origins=security.cors_origins,
            allow_methods=METHODS,
            allow_headers=["authorization", "content-type", "x-api-key", "x-user-id", REQUEST_ID],
            expose_headers=[REQUEST_ID, "retry-after"],
        )
    return Watch(inner, metrics)


def api_keys(security: SecuritySettings, environment: Mapping[str, str]) -> frozenset[str]:
    """The keys in the environment variable that the settings name; none where they name none.

    Raises:
        ConfigError: It is not set, or empty.
    """
    if security.api_keys_env is None:
        return frozenset()
    keys = frozenset(key.strip() for key in environment.get(security.api_keys_env, "").split(",") if key.strip())
    if not keys:
        raise ConfigError(f"security.api_keys_env: the environment variable {security.api_keys_env} holds no key")
    return keys

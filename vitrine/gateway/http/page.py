"""The routes of the web page's files, which `make web` builds; without them, `/` explains how to build the page."""

import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST: Final = Path(__file__).parents[3] / "web" / "dist"
PATHS: Final = ("/", "/search", "/product/{rest:path}", "/compare", "/about", "/queries", "/merchandising")
"""The paths of the page's router (web/src/main.tsx). All return the same file, so that addresses can be shared."""
ASSETS: Final = "/assets"
ICON: Final = "favicon.svg"
_HASHED: Final = re.compile(r"-[\w-]{8}\.(?:js|css)$")
"""Names of files that contain a hash of the content."""

NOT_BUILT: Final = """<!doctype html><html lang="en"><title>Vitrine</title>
<h1>The API works; the page is not built.</h1>
<p>With Node 20.19 or later, <code>make web</code> builds it.
The API is described at <a href="/openapi.json">/openapi.json</a>.
"""


def add_page(app: FastAPI, dist: Path | None = None) -> None:
    """Add the routes of the page in `dist`, by default in the folder that `make web` builds."""
    root = dist or DIST
    index = root / "index.html"

    async def page(_: Request) -> Response:
        if index.is_file():
            return FileResponse(index, headers={"cache-control": "no-cache"})
        return HTMLResponse(NOT_BUILT, 200)

    for path in PATHS:
        app.add_api_route(path, page, include_in_schema=False, methods=["GET", "HEAD"])
    if (root / "assets").is_dir():
        app.mount(ASSETS, GZipMiddleware(Assets(directory=root / "assets"), minimum_size=1024, compresslevel=6))
    icon = root / ICON
    if icon.is_file():
        app.add_api_route(f"/{ICON}", _file(icon), include_in_schema=False)


class Assets(StaticFiles):
    """Static files that browsers cache without revalidation if their names contain a hash."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = _HASHED.search(str(full_path))
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


def is_page(path: str) -> bool:
    """Return whether a path belongs to the page, which needs no key and has no rate limit."""
    first = "/" + path.lstrip("/").split("/", 1)[0]
    return first in {"/", "/search", "/product", "/compare", "/about", "/queries", ASSETS, f"/{ICON}"}


def _file(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def serve_file() -> FileResponse:
        return FileResponse(path)

    return serve_file

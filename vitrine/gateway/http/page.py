"""The web page's files, where `make web` has built them; without them, a line that says so."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

DIST: Final = Path(__file__).parents[3] / "web" / "dist"
PATHS: Final = ("/", "/search", "/product/{rest:path}", "/compare", "/about")
"""What the page's router shows (web/src/main.tsx): the server gives the same file, so that addresses can be shared."""
ASSETS: Final = "/assets"
ICON: Final = "favicon.svg"
_HASHED: Final = re.compile(r"-[\w-]{8}\.(?:js|css)$")
"""Names of files that change when their contents do."""

NOT_BUILT: Final = """<!doctype html><html lang="en"><title>Vitrine</title>
<h1>The API works; the page is not built.</h1>
<p>With Node 20 or later, <code>make web</code> builds it.
The API is described at <a href="/openapi.json">/openapi.json</a>.
"""


def add_page(app: FastAPI, dist: Path | None = None) -> None:
    """Serve the page in `dist`, by default where it is built."""
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
    """Files that browsers keep for as long as their names stay the same."""

    def file_response(self, full_path: Any, *args: Any, **options: Any) -> Response:
        response = super().file_response(full_path, *args, **options)
        lasting = _HASHED.search(str(full_path))
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response


def is_page(path: str) -> bool:
    """Whether a path is the page's, which is open to everyone and has no rate."""
    first = "/" + path.lstrip("/").split("/", 1)[0]
    return first in {"/", "/search", "/product", "/compare", "/about", ASSETS, f"/{ICON}"}


def _file(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def give() -> FileResponse:
        return FileResponse(path)

    return give

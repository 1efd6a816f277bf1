"""The gateway over HTTP, and nothing else of Vitrine: an app can be hosted where only its address is known."""

import io
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, Final

import httpx
from PIL import Image, ImageOps, UnidentifiedImageError

DEFAULT_URL: Final = "http://127.0.0.1:8000"
MAX_QUERY: Final = 1000
"""Characters of a query that the gateway takes."""
MAX_PICTURE: Final = 10 * 2**20
"""Bytes of a picture that is sent or shown."""
MAX_PIXELS: Final = 25_000_000
THUMBNAIL: Final = (480, 480)
FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
LABELS: Final = {"E": "Exact", "S": "Substitute", "C": "Complement", "I": "Irrelevant"}

_TIMEOUT: Final = httpx.Timeout(15.0, connect=3.0)


class GatewayError(Exception):
    """What the gateway, or the lack of one, has to say to the person who asked."""


def gateway_url() -> str:
    """Where the gateway is: `VITRINE_GATEWAY`, or its default on this machine."""
    return os.environ.get("VITRINE_GATEWAY", "").strip().rstrip("/") or DEFAULT_URL


def models(url: str) -> list[dict[str, Any]]:
    """The catalogues that can be searched, with their models and versions.

    Raises:
        GatewayError: The gateway does not answer, or not as one.
    """
    return _part(_ask("GET", f"{url}/models"), "catalogues")


def search(
    url: str,
    query: str = "",
    picture: bytes | None = None,
    share: float = 0.5,
    catalogue: str | None = None,
    k: int = 12,
    anyway: bool = False,
) -> dict[str, Any]:
    """Search by words, by a picture, or by both; the gateway's whole answer.

    Args:
        url: Of the gateway.
        query: Words; may be empty with a picture.
        picture: The bytes of a file.
        share: The picture's share beside words, from 0 to 1.
        catalogue: Which one to ask; by default the gateway decides.
        k: How many results.
        anyway: Whether to answer even where words alone seem to be none.

    Raises:
        GatewayError: There is nothing to ask, or the gateway refused, failed or does not answer.
    """
    query = query.strip()
    if picture is not None:
        if len(picture) > MAX_PICTURE:
            raise GatewayError(f"The picture is larger than {MAX_PICTURE // 2**20} MiB.")
        form = {"query": query, "image_share": str(share), "k": str(k), "catalogue": catalogue or ""}
        answer = _ask("POST", f"{url}/predict-image", files={"file": ("picture", picture)}, data=form)
    elif query:
        path = f"{catalogue}/search" if catalogue else "predict"
        answer = _ask("POST", f"{url}/{path}", json={"query": query, "k": k, "anyway": anyway})
    else:
        raise GatewayError("Type some words, or choose a picture.")
    _part(answer, "results")
    return answer


def thumbnails(url: str, answer: dict[str, Any]) -> list[Image.Image | None]:
    """The picture of each result, small; None where there is none that this gateway has itself."""
    wanted = [(one.get("image_url"), answer["versions"].get(one["catalogue"], 0)) for one in answer["results"]]
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda one: thumbnail(url, *one) if one[0] else None, wanted))


def thumbnail(url: str, path: str, version: int) -> Image.Image | None:
    """A product's picture; a new `version` of its catalogue looks again. Pictures elsewhere are not followed."""
    try:
        return _fetched(url, path, version)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, Image.DecompressionBombError):
        return None


@lru_cache(maxsize=512)
def _fetched(url: str, path: str, version: int) -> Image.Image:  # noqa: ARG001 - the version is part of the key
    with httpx.stream("GET", url + path, **_options()) as response:
        if response.status_code != 200:
            raise ValueError("no picture")
        return _decoded(_bounded(response.iter_bytes()))


def _bounded(chunks: Iterable[bytes]) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_PICTURE:
            raise ValueError("too large")
    return bytes(data)


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise UnidentifiedImageError("too many pixels")
        opened.thumbnail(THUMBNAIL)
        return ImageOps.exif_transpose(opened).convert("RGB")


def _options() -> dict[str, Any]:
    key = os.environ.get("VITRINE_API_KEY", "").strip()
    return {"headers": {"x-api-key": key} if key else {}, "timeout": _TIMEOUT, "verify": _tls()}


_tls = lru_cache(httpx.create_ssl_context)  # otherwise every request reads the certificates again


def _ask(method: str, url: str, **request: Any) -> dict[str, Any]:
    try:
        response = httpx.request(method, url, **_options(), **request)
    except httpx.TimeoutException:
        raise GatewayError("The gateway takes too long to answer. Try again in a moment.") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise GatewayError("The gateway cannot be reached. Is it running? Try again in a moment.") from None
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not (response.is_success or isinstance(answer.get("error"), str)):
        raise GatewayError(f"What answers at the gateway's address is not one (HTTP {response.status_code}).")
    if not response.is_success:
        message = answer["error"]
        raise GatewayError(f"{message[:1].upper()}{message[1:500].rstrip('.')}.")
    return answer


def _part(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    part = answer.get(name)
    if not isinstance(part, list):
        raise GatewayError("What answers at the gateway's address is not one: its answer has another form.")
    return part

"""An HTTP client of the gateway that imports nothing else of Vitrine, so that an app can be hosted elsewhere."""

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
"""Characters of the longest query that the gateway accepts."""
MAX_IMAGE_BYTES: Final = 10 * 2**20
"""Bytes of the largest image that is sent or shown."""
MAX_PIXELS: Final = 25_000_000
THUMBNAIL: Final = (480, 480)
FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
LABELS: Final = {"E": "Exact", "S": "Substitute", "C": "Complement", "I": "Irrelevant"}

_TIMEOUT: Final = httpx.Timeout(15.0, connect=3.0)


class GatewayError(Exception):
    """An error of the gateway or of the connection to it, with a message for users."""


def gateway_url() -> str:
    """Return the gateway's URL: `VITRINE_GATEWAY`, or the default on this machine."""
    return os.environ.get("VITRINE_GATEWAY", "").strip().rstrip("/") or DEFAULT_URL


def models(url: str) -> list[dict[str, Any]]:
    """Return the catalogues that can be searched, with their models and versions.

    Raises:
        GatewayError: The gateway does not answer, or the answer is not a gateway's.
    """
    return _list_field(_request("GET", f"{url}/models"), "catalogues")


def search(
    url: str,
    query: str = "",
    image: bytes | None = None,
    image_share: float = 0.5,
    catalogue: str | None = None,
    k: int = 12,
    anyway: bool = False,
) -> dict[str, Any]:
    """Search by words, by an image, or by both, and return the gateway's response.

    Args:
        url: The gateway's URL.
        query: The words; may be empty with an image.
        image: The bytes of an image file.
        image_share: The weight of the image beside the words, from 0 to 1.
        catalogue: The catalogue to search; by default the gateway chooses it.
        k: The number of results.
        anyway: Whether to return results for words that appear to be none, or an image without a product.

    Raises:
        GatewayError: There are neither words nor an image, or the gateway refused, failed or does not answer.
    """
    query = query.strip()
    if image is not None:
        if len(image) > MAX_IMAGE_BYTES:
            raise GatewayError(f"The image is larger than {MAX_IMAGE_BYTES // 2**20} MiB.")
        form = {"query": query, "image_share": str(image_share), "k": str(k), "catalogue": catalogue or ""}
        form["anyway"] = str(anyway).lower()
        response = _request("POST", f"{url}/predict-image", files={"file": ("image", image)}, data=form)
    elif query:
        path = f"{catalogue}/search" if catalogue else "predict"
        response = _request("POST", f"{url}/{path}", json={"query": query, "k": k, "anyway": anyway})
    else:
        raise GatewayError("Type some words, or choose an image.")
    _list_field(response, "results")
    return response


def predicted_categories(response: dict[str, Any]) -> str:
    """Format the categories that are predicted for a search, such as `mug 92%, cup 6%`; "" if there are none."""
    categories = response.get("categories") or []  # an older gateway has no such field
    return ", ".join(f"{category['category']} {_percent(category['probability'])}" for category in categories)


def _percent(probability: float) -> str:
    return ">99%" if 0.99 < probability < 1 else f"{probability:.0%}"


def thumbnails(url: str, response: dict[str, Any]) -> list[Image.Image | None]:
    """Return a thumbnail of each result's image; None for results without an image at this gateway."""

    def of_result(result: dict[str, Any]) -> Image.Image | None:
        path, version = result.get("image_url"), response["versions"].get(result["catalogue"], 0)
        return thumbnail(url, path, version) if path else None

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(of_result, response["results"]))


def thumbnail(url: str, path: str, version: int) -> Image.Image | None:
    """Return a thumbnail of a product's image, cached by catalogue `version`; images elsewhere are not fetched."""
    try:
        return _fetch_image(url, path, version)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, Image.DecompressionBombError):
        return None


@lru_cache(maxsize=512)
def _fetch_image(url: str, path: str, version: int) -> Image.Image:  # noqa: ARG001 - the version is part of the key
    with httpx.stream("GET", url + path, **_options()) as response:
        if response.status_code != 200:
            raise ValueError("no image")
        return _decode_thumbnail(_read_bounded(response.iter_bytes()))


def _read_bounded(chunks: Iterable[bytes]) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_IMAGE_BYTES:
            raise ValueError("too large")
    return bytes(data)


def _decode_thumbnail(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise UnidentifiedImageError("too many pixels")
        opened.thumbnail(THUMBNAIL)
        return ImageOps.exif_transpose(opened).convert("RGB")


def _options() -> dict[str, Any]:
    key = os.environ.get("VITRINE_API_KEY", "").strip()
    return {"headers": {"x-api-key": key} if key else {}, "timeout": _TIMEOUT, "verify": _tls()}


_tls = lru_cache(httpx.create_ssl_context)  # without it every request reads the certificates again


def _request(method: str, url: str, **request: Any) -> dict[str, Any]:
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
        raise GatewayError(f"The server at the gateway's address is not one (HTTP {response.status_code}).")
    if not response.is_success:
        message = answer["error"]
        raise GatewayError(f"{message[:1].upper()}{message[1:500].rstrip('.')}.")
    return answer


def _list_field(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = answer.get(name)
    if not isinstance(value, list):
        raise GatewayError("The server at the gateway's address is not one: its answer has another form.")
    return value

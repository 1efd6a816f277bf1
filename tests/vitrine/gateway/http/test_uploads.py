"""Uploaded images over HTTP: images in the allowed formats are searched with, and nothing else is decoded."""

import io
import struct
import zlib
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.vitrine.search.shop import COLOURS
from vitrine.data.images.decoding import UndecodableImage
from vitrine.gateway.http.uploads import SIDE, normalise

RED = COLOURS["red"]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded_upload(data: bytes, max_pixels: int = 10**8) -> Image.Image:
    return Image.open(io.BytesIO(normalise(data, max_pixels)))


def red(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, RED).convert(mode)


def animated(kind: str) -> bytes:
    return encoded(red(), kind, save_all=True, append_images=[Image.new("RGB", (64, 48), "blue")] * 2, duration=50)


IMAGES = {
    "jpeg": encoded(red(), "JPEG"),
    "cmyk": encoded(red("CMYK"), "JPEG"),
    "progressive": encoded(red(), "JPEG", progressive=True),
    "png": encoded(red(), "PNG"),
    "palette": encoded(red("P"), "PNG"),
    "alpha": encoded(red("RGBA"), "PNG"),
    "gif": animated("GIF"),
    "webp": animated("WEBP"),
    "bmp": encoded(red(), "BMP"),
    "one pixel": encoded(red(size=(1, 1)), "PNG"),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_in_any_allowed_format_finds_products(client: httpx.Client, name: str) -> None:
    response = client.post("/predict-image", files={"file": ("a.txt", IMAGES[name], "text/plain")}, data={"k": "3"})
    assert response.status_code == 200, response.text
    assert all(result["product_id"].startswith("red-") for result in response.json()["results"])


TIFF, ICO, PPM = (encoded(red(), kind) for kind in ("TIFF", "ICO", "PPM"))


@pytest.mark.parametrize(
    "content",
    [
        TIFF, ICO, PPM, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7\n", b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n", IMAGES["jpeg"][:200], IMAGES["webp"][:40], b"GIF89a", b"BM" * 40,
    ],
)  # fmt: skip
def test_no_other_format_is_decoded(client: httpx.Client, content: bytes) -> None:
    response = client.post("/predict-image", files={"file": ("a.png", content, "image/png")})
    assert response.status_code == 415
    assert response.json()["error"].startswith("the image cannot be read: ")
    assert "Traceback" not in response.text


def png_of(width: int, height: int) -> bytes:
    """Return a PNG whose header declares any size, with hardly any pixel data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (25_000_001, 1)])
def test_a_bomb_is_refused_from_its_header(client: httpx.Client, size: tuple[int, int]) -> None:
    response = client.post("/predict-image", files={"file": ("a.png", png_of(*size), "image/png")})
    assert response.status_code == 415
    assert "pixels are more than the 25,000,000 allowed" in response.json()["error"]


def test_the_settings_say_how_many_pixels() -> None:
    data = encoded(red(size=(100, 100)), "PNG")
    assert decoded_upload(data, 10_000).size == (100, 100)
    with pytest.raises(UndecodableImage, match="100 × 100 pixels are more than the 9,999 allowed"):
        normalise(data, 9_999)


def test_a_photograph_is_turned_upright() -> None:
    sideways = Image.new("RGB", (64, 32), "blue")
    sideways.paste(RED, (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = decoded_upload(encoded(sideways, "PNG", exif=exif))
    assert upright.size == (32, 64)
    assert upright.getpixel((16, 5)) == RED
    assert upright.getpixel((16, 60)) == (0, 0, 255)


@pytest.mark.parametrize("size", [(3000, 2000), (5000, 1), (1, 5000)])
def test_a_large_image_is_reduced(size: tuple[int, int]) -> None:
    reduced = decoded_upload(encoded(red(size=size), "PNG"))
    assert max(reduced.size) == SIDE
    assert reduced.getpixel((0, 0)) == RED


def test_transparency_is_white_and_sixteen_bits_keep_their_greys() -> None:
    assert decoded_upload(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")).getpixel((0, 0)) == (255, 255, 255)
    greys = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    shown = np.asarray(decoded_upload(encoded(Image.fromarray(greys), "PNG")))[..., 0]
    np.testing.assert_array_equal(shown, np.arange(256).reshape(16, 16))

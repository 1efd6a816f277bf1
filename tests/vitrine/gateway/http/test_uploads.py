"""Pictures from strangers, over HTTP: what is a picture is searched with, and nothing else is decoded."""

import io
import re
import struct
import zlib
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.vitrine.search.shop import COLOURS
from vitrine.data.images.decoding import UndecodableImage
from vitrine.gateway.http.uploads import SIDE, normalised

RED = COLOURS["red"]


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def seen(data: bytes, max_pixels: int = 10**8) -> Image.Image:
    return Image.open(io.BytesIO(normalised(data, max_pixels)))


def red(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, RED).convert(mode)


def animated(kind: str) -> bytes:
    return saved(red(), kind, save_all=True, append_images=[Image.new("RGB", (64, 48), "blue")] * 2, duration=50)


PICTURES = {
    "jpeg": saved(red(), "JPEG"),
    "cmyk": saved(red("CMYK"), "JPEG"),
    "progressive": saved(red(), "JPEG", progressive=True),
    "png": saved(red(), "PNG"),
    "palette": saved(red("P"), "PNG"),
    "alpha": saved(red("RGBA"), "PNG"),
    "gif": animated("GIF"),
    "webp": animated("WEBP"),
    "bmp": saved(red(), "BMP"),
    "one pixel": saved(red(size=(1, 1)), "PNG"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_a_picture_finds_products(client: httpx.Client, name: str) -> None:
    response = client.post("/predict-image", files={"file": ("a.txt", PICTURES[name], "text/plain")}, data={"k": "3"})
    assert response.status_code == 200, response.text
    assert all(one["product_id"].startswith("red-") for one in response.json()["results"])


TIFF, ICO, PPM = (saved(red(), kind) for kind in ("TIFF", "ICO", "PPM"))


@pytest.mark.parametrize(
    "content",
    [
        TIFF, ICO, PPM, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7\n", b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"RIFF\0\0\0\0WEBP", b"\x89PNG\r\n\x1a\n", PICTURES["jpeg"][:200], PICTURES["webp"][:40], b"GIF89a", b"BM" * 40,
    ],
)  # fmt: skip
def test_nothing_else_is_decoded(client: httpx.Client, content: bytes) -> None:
    response = client.post("/predict-image", files={"file": ("a.png", content, "image/png")})
    assert response.status_code == 415
    assert response.json()["error"].startswith("the picture cannot be read: ")
    assert "Traceback" not in response.text


def png_of(width: int, height: int) -> bytes:
    """The header of a PNG of any size, with hardly a pixel in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (25_000_001, 1)])
def test_a_bomb_is_refused_from_its_header(client: httpx.Client, size: tuple[int, int]) -> None:
    response = client.post("/predict-image", files={"file": ("a.png", png_of(*size), "image/png")})
    assert response.status_code == 415
    assert re.search("more than the 25,000,000 allowed|could be decompression bomb", response.json()["error"])


def test_the_settings_say_how_many_pixels() -> None:
    data = saved(red(size=(100, 100)), "PNG")
    assert seen(data, 10_000).size == (100, 100)
    with pytest.raises(UndecodableImage, match="100 × 100 pixels are more than the 9,999 allowed"):
        normalised(data, 9_999)


def test_a_photograph_is_turned_upright() -> None:
    sideways = Image.new("RGB", (64, 32), "blue")
    sideways.paste(RED, (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = seen(saved(sideways, "PNG", exif=exif))
    assert upright.size == (32, 64)
    assert upright.getpixel((16, 5)) == RED
    assert upright.getpixel((16, 60)) == (0, 0, 255)


@pytest.mark.parametrize("size", [(3000, 2000), (5000, 1), (1, 5000)])
def test_a_large_picture_is_made_smaller(size: tuple[int, int]) -> None:
    made = seen(saved(red(size=size), "PNG"))
    assert max(made.size) == SIDE
    assert made.getpixel((0, 0)) == RED


def test_transparency_is_white_and_sixteen_bits_keep_their_greys() -> None:
    assert seen(saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")).getpixel((0, 0)) == (255, 255, 255)
    greys = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    shown = np.asarray(seen(saved(Image.fromarray(greys), "PNG")))[..., 0]
    np.testing.assert_array_equal(shown, np.arange(256).reshape(16, 16))

import io
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vitrine.data.images.decoding import (
    FORMATS,
    MAX_PIXELS,
    TooLarge,
    UndecodableImage,
    decode_image,
    image_problem,
    image_type,
)

ORIENTATION = 0x0112


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Build a PNG with a size and without pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"")
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_each_allowed_format_becomes_rgb(kind):
    image = decode_image(encoded(Image.new("RGB", (8, 6), (200, 40, 40)), kind))
    assert (image.mode, image.size) == ("RGB", (8, 6))
    assert image.getpixel((4, 3)) == pytest.approx((200, 40, 40), abs=4)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "1", "RGBA"])
def test_each_mode_becomes_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert decode_image(encoded(Image.new(mode, (4, 4)), kind)).mode == "RGB"


def test_a_cut_out_is_laid_on_white():
    assert decode_image(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 0)), "PNG")).getpixel((0, 0)) == (255, 255, 255)


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera lay on its side
    assert decode_image(encoded(Image.new("RGB", (8, 6)), "JPEG", exif=exif)).size == (6, 8)


def test_only_the_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decode_image(data).getpixel((0, 0)) == (255, 0, 0)  # GIF's palette has pure red


def test_other_formats_are_refused():
    with pytest.raises(UndecodableImage, match="not a JPEG, PNG, GIF, WEBP, BMP, AVIF image"):
        decode_image(encoded(Image.new("RGB", (4, 4)), "TIFF"))


def test_a_huge_image_is_refused_from_its_header():
    with pytest.raises(UndecodableImage, match=r"8000 × 8000 pixels are more than the 50,000,000 allowed"):
        decode_image(png_header(8_000, 8_000))
    assert MAX_PIXELS < 8_000 * 8_000


def test_a_truncated_image_says_so():
    data = encoded(Image.effect_noise((64, 64), 50), "JPEG")
    with pytest.raises(UndecodableImage, match=r"damaged image: .*truncated"):
        decode_image(data[: len(data) // 2])


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF"])
)
def test_no_bytes_escape_as_another_error(data, start):
    with pytest.raises(UndecodableImage):
        decode_image(start + data)


@given(st.sampled_from(FORMATS), st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_is_decoded_or_refused(kind, place, value):
    data = bytearray(encoded(Image.linear_gradient("L").resize((16, 16)).convert("RGB"), kind))
    data[place % len(data)] = value
    with suppress(UndecodableImage):
        assert decode_image(bytes(data)).mode == "RGB"


def test_the_header_tells_images_from_other_files(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(Image.new("RGB", (4, 4)), "PNG"))
    (tmp_path / "b.png").write_text("not a image")
    results = [image_type(tmp_path / name) for name in ("a.png", "b.png", "absent.png")]
    assert results == ["image/png", None, None]


def test_whole_images_have_no_problem_and_cut_ones_do(tmp_path):
    image = Image.effect_noise((64, 64), 50)
    for kind in FORMATS:
        path = tmp_path / kind
        data = encoded(image, kind)
        path.write_bytes(data)
        assert image_problem(path) == "", kind
    for kind in ("JPEG", "PNG"):
        path = tmp_path / kind
        path.write_bytes(path.read_bytes()[:-100])
        assert image_problem(path) == "damaged or cut off", kind


@pytest.mark.parametrize("width", [MAX_PIXELS // 10 + 1, 20_000_000, 100_000_000])
def test_an_image_of_too_many_pixels_has_a_problem(tmp_path, width):
    (tmp_path / "a.png").write_bytes(png_header(width, 10))
    assert image_problem(tmp_path / "a.png") == "larger than 50 megapixels"
    with pytest.raises(TooLarge, match=r"pixels are more than the 50,000,000 allowed$"):
        decode_image(png_header(width, 10))


def test_sixteen_bits_of_grey_are_read_as_eight():
    grey = np.array([[0, 256, 0x8000, 0xFFFF]], np.uint16)
    assert np.asarray(decode_image(encoded(Image.fromarray(grey), "PNG")))[0, :, 0].tolist() == [0, 1, 128, 255]

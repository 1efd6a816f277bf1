import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vitrine.data.images import (
    FORMATS,
    MAX_PIXELS,
    UndecodableImage,
    image_folder,
    is_picture,
    read_image,
    resolve_image,
)
from vitrine.errors import ConfigError, DataError

ORIENTATION = 0x0112


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", b"")
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_each_allowed_format_becomes_rgb(kind):
    picture = read_image(encoded(Image.new("RGB", (8, 6), (200, 40, 40)), kind))
    assert (picture.mode, picture.size) == ("RGB", (8, 6))
    assert picture.getpixel((4, 3)) == pytest.approx((200, 40, 40), abs=4)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "1", "RGBA"])
def test_each_mode_becomes_rgb(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert read_image(encoded(Image.new(mode, (4, 4)), kind)).mode == "RGB"


def test_a_cut_out_is_laid_on_white():
    assert read_image(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 0)), "PNG")).getpixel((0, 0)) == (255, 255, 255)


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera lay on its side
    assert read_image(encoded(Image.new("RGB", (8, 6)), "JPEG", exif=exif)).size == (6, 8)


def test_only_the_first_frame_of_an_animation_is_read():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert read_image(data).getpixel((0, 0)) == (255, 0, 0)  # GIF's palette has pure red


def test_other_formats_are_refused():
    with pytest.raises(UndecodableImage, match="not a JPEG, PNG, GIF, WEBP, BMP picture"):
        read_image(encoded(Image.new("RGB", (4, 4)), "TIFF"))


def test_a_huge_picture_is_refused_from_its_header():
    with pytest.raises(UndecodableImage, match=r"8000 × 8000 pixels are more than the 50,000,000 allowed"):
        read_image(png_header(8_000, 8_000))
    assert MAX_PIXELS < 8_000 * 8_000


def test_a_truncated_picture_says_so():
    data = encoded(Image.effect_noise((64, 64), 50), "JPEG")
    with pytest.raises(UndecodableImage, match=r"damaged picture: .*truncated"):
        read_image(data[: len(data) // 2])


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF"])
)
def test_no_bytes_escape_as_another_error(data, start):
    with pytest.raises(UndecodableImage):
        read_image(start + data)


@given(st.sampled_from(FORMATS), st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_is_decoded_or_refused(kind, place, value):
    data = bytearray(encoded(Image.linear_gradient("L").resize((16, 16)).convert("RGB"), kind))
    data[place % len(data)] = value
    with suppress(UndecodableImage):
        assert read_image(bytes(data)).mode == "RGB"


def test_the_header_tells_pictures_from_other_files(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(Image.new("RGB", (4, 4)), "PNG"))
    (tmp_path / "b.png").write_text("not a picture")
    found = [is_picture(tmp_path / name) for name in ("a.png", "b.png", "absent.png")]
    assert found == [True, False, False]


def test_relative_paths_start_from_the_image_root():
    assert resolve_image("shoes/p1.png", Path("data/images")) == Path("data/images/shoes/p1.png")


def test_pictures_in_a_bucket_are_read_like_those_on_a_disk():
    root = image_folder("memory://shop/images")
    root.joinpath("shoes").mkdir(parents=True)
    root.joinpath("shoes", "p1.png").write_bytes(b"picture")
    assert resolve_image("shoes/p1.png", root).read_bytes() == b"picture"
    with pytest.raises(FileNotFoundError):
        resolve_image("shoes/p2.png", root).read_bytes()
    with pytest.raises(DataError, match="leaves the image root"):
        resolve_image("../../secret", root)


def test_a_bucket_that_nothing_reads_is_said_at_once():
    with pytest.raises(ConfigError, match=r"^data\.image_root nowhere://images: .*; install fsspec's package for it"):
        image_folder("nowhere://images")
    assert image_folder("data/images") == Path("data/images")


def test_absolute_paths_and_file_uris_stand_for_themselves():
    assert resolve_image("/pictures/p1.png", Path("data/images")) == Path("/pictures/p1.png")
    assert resolve_image("file:///pictures/my%20p1.png", Path("data/images")) == Path("/pictures/my p1.png")


@pytest.mark.parametrize("image", ["../secret.png", "a/../../secret.png", "https://shop.example/p.png", "a\0b.png"])
def test_what_leaves_the_root_or_the_machine_is_refused(image):
    with pytest.raises(DataError, match="image "):
        resolve_image(image, Path("data/images"))


@given(st.lists(st.sampled_from(["..", ".", "a", "b", ""]), max_size=6).map("/".join))
def test_no_relative_path_resolves_outside_the_root(image):
    root = PurePosixPath("/root/images")
    if image.startswith("/"):
        return
    try:
        resolved = resolve_image(image, Path(root))
    except DataError:
        return
    assert Path("/root/images") in (resolved, *resolved.parents)
    assert ".." not in resolved.parts

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.images.image_root import image_folder, resolve_image
from vitrine.errors import ConfigError, DataError


def test_relative_paths_start_from_the_image_root():
    assert resolve_image("shoes/p1.png", Path("data/images")) == Path("data/images/shoes/p1.png")


def test_images_in_a_bucket_are_read_like_those_on_a_disk():
    root = image_folder("memory://shop/images")
    root.joinpath("shoes").mkdir(parents=True)
    root.joinpath("shoes", "p1.png").write_bytes(b"image")
    assert resolve_image("shoes/p1.png", root).read_bytes() == b"image"
    with pytest.raises(FileNotFoundError):
        resolve_image("shoes/p2.png", root).read_bytes()
    with pytest.raises(DataError, match="leaves the image root"):
        resolve_image("../../secret", root)


def test_a_bucket_that_nothing_reads_is_said_at_once():
    with pytest.raises(ConfigError, match=r"^data\.image_root nowhere://images: .*; install fsspec's package for it"):
        image_folder("nowhere://images")
    assert image_folder("data/images") == Path("data/images")


def test_absolute_paths_and_file_uris_stand_for_themselves():
    assert resolve_image("/photos/p1.png", Path("data/images")) == Path("/photos/p1.png")
    assert resolve_image("file:///photos/my%20p1.png", Path("data/images")) == Path("/photos/my p1.png")


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

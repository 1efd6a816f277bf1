import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from upath import UPath

from pipelines.stamps import images
from pipelines.stamps.images import image_stamps

BUCKET = "memory://pipelines-stamps/images"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A catalogue with every kind of image reference, each beside a file that it does not name."""
    for folder in ("images", "elsewhere", "linked"):
        (tmp_path / folder).mkdir()
        for name in ("a.png", "b.png", "unnamed.png"):
            (tmp_path / folder / name).write_bytes(f"{name} {folder[0]}".encode())
    (tmp_path / "images" / "link").symlink_to(tmp_path / "linked", target_is_directory=True)
    (tmp_path / "images" / "one.png").symlink_to(tmp_path / "linked" / "b.png")
    write(
        tmp_path,
        ("a.png", []),
        (str(tmp_path / "elsewhere" / "a.png"), []),
        ((tmp_path / "elsewhere" / "b.png").as_uri(), []),
        ("link/a.png", []),
        ("one.png", []),
        ("", ["b.png"]),
    )
    return tmp_path


def write(shop: Path, *references: tuple[str, list[str]]) -> None:
    (shop / "catalogue").mkdir(exist_ok=True)
    quoted = [(image, json.dumps(views).replace('"', '""')) for image, views in references]
    lines = [f'{number},"Mug,\nred",{image},"{views}"' for number, (image, views) in enumerate(quoted)]
    text = "\n".join(["product_id,title,image,views", *lines])
    (shop / "catalogue" / "products.csv").write_text(text + "\n", encoding="utf-8")


def stamp(shop: Path) -> str:
    return image_stamps(str(shop), str(shop / "images"))["images"]


def relink(link: Path, target: Path) -> None:
    link.unlink()
    link.symlink_to(target)


CHANGES: dict[str, Callable[[Path], object]] = {
    "relative": lambda shop: (shop / "images" / "a.png").write_bytes(b"new"),
    "absolute": lambda shop: (shop / "elsewhere" / "a.png").write_bytes(b"new"),
    "file URI": lambda shop: (shop / "elsewhere" / "b.png").write_bytes(b"new"),
    "in a linked folder": lambda shop: (shop / "linked" / "a.png").write_bytes(b"new"),
    "behind a link": lambda shop: (shop / "linked" / "b.png").write_bytes(b"new"),
    "a link that leads elsewhere": lambda shop: relink(shop / "images" / "one.png", shop / "elsewhere" / "b.png"),
    "a view": lambda shop: (shop / "images" / "b.png").write_bytes(b"new"),
    "of the same size": lambda shop: (shop / "images" / "a.png").write_bytes(b"A.png i"),
    "removed": lambda shop: (shop / "images" / "a.png").unlink(),
}


@pytest.fixture(params=["content", "size and time"])
def identified(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The way in which images are identified: those of a small catalogue, and those of a large one."""
    if request.param != "content":
        monkeypatch.setattr(images, "CONTENT_BYTES", 0)
    return str(request.param)


@pytest.mark.usefixtures("identified")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_any_named_image_changes_the_stamp(shop: Path, change: Callable[[Path], object]) -> None:
    before = stamp(shop)
    assert stamp(shop) == before
    change(shop)
    assert stamp(shop) != before


def test_equal_size_and_time_do_not_hide_a_change_of_a_small_catalogue(shop: Path) -> None:
    image = shop / "images" / "a.png"
    before, status = stamp(shop), image.stat()
    image.write_bytes(b"A.png i")
    os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert stamp(shop) != before


def test_the_time_of_an_image_counts_in_a_large_catalogue_only(shop: Path, identified: str) -> None:
    before = stamp(shop)
    os.utime(shop / "images" / "a.png", ns=(1, 1))
    assert (stamp(shop) == before) == (identified == "content")


@pytest.mark.usefixtures("identified")
def test_files_that_the_catalogue_does_not_name_do_not_count(shop: Path) -> None:
    before = stamp(shop)
    for folder in ("images", "elsewhere", "linked"):
        (shop / folder / "unnamed.png").write_bytes(b"new")
        (shop / folder / "further.png").write_bytes(b"new")
    assert stamp(shop) == before


def test_a_folder_that_is_linked_elsewhere_has_other_images_whatever_their_sizes_and_times(shop: Path) -> None:
    for folder in ("linked", "elsewhere"):
        os.utime(shop / folder / "a.png", ns=(1, 1))
    write(shop, ("link/a.png", []))
    before = stamp(shop)
    relink(shop / "images" / "link", shop / "elsewhere")
    assert stamp(shop) != before


def test_an_image_that_is_not_there_yet_changes_the_stamp_when_it_comes(shop: Path) -> None:
    write(shop, ("later.png", []))
    before = stamp(shop)
    (shop / "images" / "later.png").write_bytes(b"now")
    assert stamp(shop) != before


@pytest.mark.parametrize("views", ["nonsense", '["a.png"', "[1]"])
def test_an_invalid_list_of_views_leaves_the_image(shop: Path, views: str) -> None:
    quoted = views.replace('"', '""')
    (shop / "catalogue" / "products.csv").write_text(f'product_id,image,views\n1,a.png,"{quoted}"\n')
    before = stamp(shop)
    (shop / "images" / "a.png").write_bytes(b"new")
    assert stamp(shop) != before


@pytest.mark.parametrize("text", ["", "id,image\n1,a.png\n2\n", "product_id\n1\n", "product_id,image\n1,../x\n"])
def test_malformed_catalogues_have_a_stamp(shop: Path, text: str) -> None:
    (shop / "catalogue" / "products.csv").write_text(text)
    assert stamp(shop) == stamp(shop)


def test_without_a_local_catalogue_there_is_no_stamp() -> None:
    assert image_stamps("gs://bucket/data", "gs://bucket/data/images") == {}


def test_images_of_a_bucket_are_identified_by_its_listing(shop: Path) -> None:
    write(shop, ("a.png", []))
    image = UPath(BUCKET) / "a.png"
    image.write_bytes(b"one")
    before = image_stamps(str(shop), BUCKET)
    (UPath(BUCKET) / "unnamed.png").write_bytes(b"other")
    assert image_stamps(str(shop), BUCKET) == before
    image.write_bytes(b"another")
    assert image_stamps(str(shop), BUCKET) != before


def test_images_of_an_unlisted_bucket_are_identified_by_name(shop: Path) -> None:
    write(shop, ("a.png", []))
    before = image_stamps(str(shop), BUCKET, list_bucket=False)
    (UPath(BUCKET) / "a.png").write_bytes(b"something else")
    assert image_stamps(str(shop), BUCKET, list_bucket=False) == before


def test_an_unreadable_bucket_has_a_stamp(shop: Path) -> None:
    assert image_stamps(str(shop), "nowhere://images").keys() == {"images"}

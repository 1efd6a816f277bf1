import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from vitrine.data.images.decoding import encode_bmp
from vitrine.data.images.parallel_reading import AT_ONCE, Unreadable, read_bmp_images, read_images


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(100):
        Image.new("RGB", (40, 40), (number, 0, 0)).save(tmp_path / f"{number}.png")
    return tmp_path


def red(picture: Image.Image) -> int:
    return picture.getpixel((0, 0))[0]


def test_pictures_come_in_their_order_whoever_is_first(pictures: Path) -> None:
    def slowly_at_first(picture: Image.Image) -> int:
        time.sleep(0.05 if red(picture) < 5 else 0)
        return red(picture)

    assert list(read_images([f"{n}.png" for n in range(100)], pictures, slowly_at_first)) == list(range(100))


def test_what_cannot_be_read_says_why_in_its_place(pictures: Path) -> None:
    (pictures / "torn.png").write_bytes((pictures / "1.png").read_bytes()[:70])
    first, missing, torn, outside, last = read_images(
        ["1.png", "none.png", "torn.png", "../x.png", "2.png"], pictures, red
    )
    assert (first, last) == (1, 2)
    assert missing == Unreadable("No such file or directory")
    assert isinstance(torn, Unreadable)
    assert torn.reason.startswith("damaged picture")
    assert isinstance(outside, Unreadable)
    assert "leaves the image root" in outside.reason


def test_no_more_are_held_than_are_taken_soon(pictures: Path) -> None:
    read: list[int] = []
    others = set(threading.enumerate())
    found = read_images([f"{n}.png" for n in range(100)], pictures, lambda picture: read.append(red(picture)))
    next(found)
    time.sleep(0.2)
    assert len(read) <= 2 * AT_ONCE
    found.close()
    assert not [one for one in set(threading.enumerate()) - others if one.name.startswith("pictures")]


def test_a_fault_of_ours_is_not_taken_for_a_bad_picture(pictures: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        list(read_images(["1.png"], pictures, lambda _: 1 // 0))


def test_bitmaps_are_those_of_one_after_the_other_and_a_missing_one_is_an_error(pictures: Path) -> None:
    names = [f"{number}.png" for number in range(50)]
    assert read_bmp_images(names, pictures) == [encode_bmp((pictures / name).read_bytes()) for name in names]
    with pytest.raises(FileNotFoundError):
        read_bmp_images([*names, "none.png"], pictures)

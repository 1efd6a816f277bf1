import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from vitrine.data.images.decoding import reencode_as_bmp
from vitrine.data.images.parallel_reading import THREADS, UnreadableImage, read_bmp_images, read_images


@pytest.fixture
def image_root(tmp_path: Path) -> Path:
    for number in range(100):
        Image.new("RGB", (40, 40), (number, 0, 0)).save(tmp_path / f"{number}.png")
    return tmp_path


def red(image: Image.Image) -> int:
    return image.getpixel((0, 0))[0]


def test_images_come_in_their_order_whichever_is_read_first(image_root: Path) -> None:
    def slowly_at_first(image: Image.Image) -> int:
        time.sleep(0.05 if red(image) < 5 else 0)
        return red(image)

    assert list(read_images([f"{n}.png" for n in range(100)], image_root, slowly_at_first)) == list(range(100))


def test_what_cannot_be_read_says_why_in_its_place(image_root: Path) -> None:
    (image_root / "torn.png").write_bytes((image_root / "1.png").read_bytes()[:70])
    first, missing, torn, outside, last = read_images(
        ["1.png", "none.png", "torn.png", "../x.png", "2.png"], image_root, red
    )
    assert (first, last) == (1, 2)
    assert missing == UnreadableImage("No such file or directory")
    assert isinstance(torn, UnreadableImage)
    assert torn.reason.startswith("damaged image")
    assert isinstance(outside, UnreadableImage)
    assert "leaves the image root" in outside.reason


def test_only_a_bounded_number_of_results_is_held(image_root: Path) -> None:
    read: list[int] = []
    others = set(threading.enumerate())
    results = read_images([f"{n}.png" for n in range(100)], image_root, lambda image: read.append(red(image)))
    next(results)
    time.sleep(0.2)
    assert len(read) <= 2 * THREADS
    results.close()
    assert not [thread for thread in set(threading.enumerate()) - others if thread.name.startswith("images")]


def test_an_error_of_the_transform_is_not_taken_for_an_unreadable_image(image_root: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        list(read_images(["1.png"], image_root, lambda _: 1 // 0))


def test_bmp_images_keep_their_order_and_a_missing_one_is_an_error(image_root: Path) -> None:
    names = [f"{number}.png" for number in range(50)]
    assert read_bmp_images(names, image_root) == [reencode_as_bmp((image_root / name).read_bytes()) for name in names]
    with pytest.raises(FileNotFoundError):
        read_bmp_images([*names, "none.png"], image_root)

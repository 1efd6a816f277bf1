from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vitrine.data.images.test_near_duplicates import drawing
from vitrine.data.product_splits import HELD_OUT, ProductSplit, product_positions, split_products


@pytest.fixture(scope="module")
def image_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten images, `0.png` to `9.png`, a smaller copy of each, `0s.png` to `9s.png`, and a torn one."""
    folder = tmp_path_factory.mktemp("images")
    for seed in range(10):
        image = drawing(seed)
        image.save(folder / f"{seed}.png")
        image.resize((60, 45), Image.Resampling.BICUBIC).save(folder / f"{seed}s.png")
    (folder / "torn.png").write_bytes(b"no image")
    return folder


def grouped(texts: list[str], images: list[list[str]], root: Path) -> list[list[int]]:
    """Return the rows of products that have one position, for positions of several products."""
    named = [text.split("/") for text in texts]
    positions = product_positions([f"p{row}" for row in range(len(texts))], named, images, root)
    groups = [np.flatnonzero(positions == position).tolist() for position in np.unique(positions)]
    return sorted(group for group in groups if len(group) > 1)


def test_products_of_one_text_are_together_and_those_without_a_text_are_not(image_root: Path) -> None:
    assert grouped(["red mug", "", "Red  MUG", "", "blue mug"], [[]] * 5, image_root) == [[0, 2]]
    assert grouped(["mug/red mug", "red mug/mug. red", "cup", "mug. red"], [[]] * 4, image_root) == [[0, 1, 3]]


def test_products_with_near_duplicate_images_are_together(image_root: Path) -> None:
    images = [["0.png"], ["1.png", "0s.png"], ["2.png"], ["1s.png"], ["3.png", "torn.png"], ["torn.png"]]
    assert grouped(list("abcdef"), images, image_root) == [[0, 1, 3]]


def test_text_and_image_join_a_chain(image_root: Path) -> None:
    assert grouped(["a", "a", "b", "c"], [[], ["4.png"], ["4s.png"], ["5.png"]], image_root) == [[0, 1, 2]]


def test_the_order_of_the_catalogue_does_not_matter(image_root: Path) -> None:
    ids, texts, images = ["x", "y", "z"], [["a"], ["b"], ["a"]], [["0.png"], [], []]
    forwards = product_positions(ids, texts, images, image_root)
    backwards = product_positions(ids[::-1], texts[::-1], images[::-1], image_root)
    np.testing.assert_array_equal(forwards, backwards[::-1])


def test_half_of_the_products_held_out_choose_and_half_measure(image_root: Path) -> None:
    ids = [str(row) for row in range(20_000)]
    split = split_products(product_positions(ids, [[]] * len(ids), [[]] * len(ids), image_root))
    shares = [np.mean(split == part) for part in (ProductSplit.TEST, ProductSplit.VALIDATION)]
    assert shares == pytest.approx([HELD_OUT / 2, HELD_OUT / 2], abs=0.01)


def test_one_image_of_most_products_is_not_held_out() -> None:
    usual = np.linspace(0, 1, 100)
    split = split_products(np.concatenate([np.full(900, 0.05), usual]))
    assert (split[:900] == ProductSplit.TRAIN).all()
    np.testing.assert_array_equal(split[900:] != ProductSplit.TRAIN, usual < HELD_OUT)


def test_an_empty_catalogue_has_no_positions(image_root: Path) -> None:
    assert product_positions([], [], [], image_root).tolist() == []

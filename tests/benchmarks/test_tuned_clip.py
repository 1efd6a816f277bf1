from pathlib import Path

from benchmarks.tuned_clip import catalogue
from vitrine.data.contract.files import read_catalogue


def test_a_catalogue_in_both_lists_is_halved_by_its_titles(tiny_data: Path) -> None:
    halves = [catalogue([tiny_data], [tiny_data], half) for half in (0, 1)]
    titles = [set(half["title"].to_pylist()) for half in halves]
    assert all(titles)
    assert not titles[0] & titles[1]
    assert sum(map(len, halves)) == len(catalogue([tiny_data], [], 0)) == len(read_catalogue(tiny_data))


def test_images_are_found_from_anywhere_and_ids_name_their_catalogue(tiny_data: Path) -> None:
    products = catalogue([tiny_data], [], 0)
    named = [Path(image) for image in products["image"].to_pylist() if image]
    assert named
    assert all(image.is_absolute() for image in named)
    assert all(product.startswith(f"{tiny_data.name}-") for product in products["product_id"].to_pylist())

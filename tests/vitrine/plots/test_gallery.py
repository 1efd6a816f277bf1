from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image

from vitrine.plots.gallery import PIXELS, ProductTiles, Tile, gallery


@pytest.fixture
def tiles(tmp_path: Path) -> ProductTiles:
    """A mug with an image, a lamp whose image is damaged, and a product without title and image."""
    Image.new("RGB", (400, 200), "red").save(tmp_path / "mug.png")
    (tmp_path / "lamp.png").write_bytes(b"damaged")
    rows = {
        "product_id": ["mug", "lamp", "thing", "gone", "elsewhere"],
        "title": ["Red mug of porcelain with checks and a lid, 350 ml", "Lamp", "", "Gone", "Elsewhere"],
        "image": ["mug.png", "lamp.png", "", "gone.png", "https://images.example/cup.png"],
    }
    return ProductTiles(pa.table(rows), tmp_path)


def test_a_tile_has_a_small_image_a_title_and_a_note(tiles: ProductTiles) -> None:
    tile = tiles.tile("mug", "0.93")
    assert tile.caption == "Red mug of porcelain\nwith checks and a …\n0.93"
    assert tile.image is not None
    assert tile.image.size == (PIXELS, PIXELS // 2)


@pytest.mark.parametrize("product", ["lamp", "thing", "gone", "elsewhere"])
def test_a_missing_or_damaged_image_is_left_out(tiles: ProductTiles, product: str) -> None:
    assert tiles.tile(product).image is None


def test_without_a_title_the_id_names_a_product(tiles: ProductTiles) -> None:
    assert tiles.tile("thing").caption == "thing"


def test_a_gallery_has_a_row_under_each_heading(tiles: ProductTiles) -> None:
    figure = gallery({"found": [tiles.tile("mug"), tiles.tile("lamp")], "nothing more": [Tile("one")]})
    headings = [part.get_suptitle() for part in figure.subfigs]
    captions = [[axes.get_xlabel() for axes in part.axes if axes.get_visible()] for part in figure.subfigs]
    assert headings == ["found", "nothing more"]
    assert [len(row) for row in captions] == [2, 1]
    assert captions[1] == ["one"]


def test_a_long_heading_is_wrapped_to_the_width_of_the_tiles(tiles: ProductTiles) -> None:
    figure = gallery({"Kitchen > Mugs, predicted Kitchen > Glasses and cups": [tiles.tile("mug"), tiles.tile("lamp")]})
    assert figure.subfigs[0].get_suptitle() == "Kitchen > Mugs, predicted\nKitchen > Glasses and cups"

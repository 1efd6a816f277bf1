from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from vitrine.categories.figures import Confusion
from vitrine.plots.categories import PICTURED, SHOWN, confusion_gallery, write_confused_products, write_confusion

KINDS = 20


@pytest.fixture
def products(tmp_path: Path) -> pa.Table:
    """Products with photographs of noise, which compress worst, and titles with dollars."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(KINDS * 3):
        Image.fromarray(rng.integers(256, size=(300, 400, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        rows.append({"product_id": str(number), "title": f"Mug, $5 off \\foo$ {number}", "image": f"{number}.png"})
    return pa.Table.from_pylist(rows)


def confusions(images: bool = True) -> list[Confusion]:
    listed = [[str(3 * kind + place) for place in range(3)] for kind in range(KINDS)]
    return [
        {
            "category": f"Kitchen > $Mugs {kind}$",
            "predicted": "Kitchen > Cups",
            "count": KINDS - kind,
            "products": ids,
            "images": [f"{name}.png" for name in ids] if images else [],
        }
        for kind, ids in enumerate(listed)
    ]


def test_a_plot_of_many_classes_is_as_large_as_one_of_the_most_confused(tmp_path: Path) -> None:
    for classes in (SHOWN, 3 * SHOWN):
        names = [f"class {number}" for number in range(classes)]
        confusion = pd.DataFrame(1, index=pd.Index(names, name="category"), columns=pd.Index(names, name="predicted"))
        write_confusion(tmp_path / f"{classes}.png", confusion)
    sizes = {Image.open(path).size for path in tmp_path.iterdir()}
    assert len(sizes) == 1


def test_the_most_frequent_confusions_are_drawn_with_their_products(products: pa.Table, tmp_path: Path) -> None:
    figure = confusion_gallery(confusions(), products, tmp_path)
    assert figure is not None
    headings = [part.get_suptitle() for part in figure.subfigs]
    assert len(headings) == PICTURED
    assert headings[1] == "Kitchen > $Mugs 1$, predicted Kitchen > Cups\n(19)"
    captions = [axes.get_xlabel() for axes in figure.subfigs[1].axes]
    assert [caption.split()[-1] for caption in captions] == ["3", "4", "5"]


def test_the_file_of_confused_products_is_small(products: pa.Table, tmp_path: Path) -> None:
    write_confused_products(tmp_path / "confused.png", confusions(), products, tmp_path)
    assert Image.open(tmp_path / "confused.png").height > 1000
    assert (tmp_path / "confused.png").stat().st_size < 1_000_000


@pytest.mark.parametrize("pairs", [[], confusions(images=False)])
def test_without_an_image_there_is_no_file(pairs: list[Confusion], products: pa.Table, tmp_path: Path) -> None:
    write_confused_products(tmp_path / "confused.png", pairs, products, tmp_path)
    assert not (tmp_path / "confused.png").exists()

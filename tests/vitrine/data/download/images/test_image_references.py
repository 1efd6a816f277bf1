from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.vitrine.data.download.web import write_catalogue
from vitrine.data.contract.files import read_catalogue
from vitrine.data.download.images.image_references import (
    ImageReference,
    catalogue_references,
    listed_references,
    replace_references,
)
from vitrine.errors import DataError

MUG = "https://shop.example/mug.png"


def test_a_catalogue_names_images(tmp_path: Path) -> None:
    write_catalogue(tmp_path, {"007": MUG, "8": "", "9": "9.png"})
    assert catalogue_references(tmp_path) == [
        ImageReference("007", MUG),
        ImageReference("8", ""),
        ImageReference("9", "9.png"),
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_list_names_images(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"list.{kind}"
    if kind == "csv":
        path.write_text(f"product_id,image_url\nB01,{MUG}\nB02,\n")
    else:
        parquet.write_table(pa.table({"product_id": ["B01", "B02"], "image_url": [MUG, None]}), path)
    assert listed_references(path) == [ImageReference("B01", MUG), ImageReference("B02", "")]


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with pytest.raises(DataError, match=r"list\.csv: No such file"):
        listed_references(path)
    path.write_text("product_id,url\n1,2\n")
    with pytest.raises(DataError, match="column 'image_url' is missing"):
        listed_references(path)
    path.write_text("product_id,image_url\n1,2,3\n")
    with pytest.raises(DataError, match=r"list\.csv:2: 3 fields where the header has 2"):
        listed_references(path)


def test_a_new_name_changes_nothing_else(tmp_path: Path) -> None:
    write_catalogue(tmp_path, {"007": MUG, "8": "", "9": "9.png"})
    extra = "image,product_id,price,title,description,brand,color,category\n,ä,,,,,,\n"
    (tmp_path / "catalogue" / "more.csv").write_text(extra)
    before = read_catalogue(tmp_path).to_pylist()
    replace_references(tmp_path, {ImageReference("007", MUG): "ab/ab01.png", ImageReference("ä", ""): "cd/cd02.jpg"})
    after = read_catalogue(tmp_path).to_pylist()
    assert [row["image"] for row in after] == ["cd/cd02.jpg", "ab/ab01.png", "", "9.png"]
    assert [row | {"image": ""} for row in after] == [row | {"image": ""} for row in before]
    text = (tmp_path / "catalogue" / "products.csv").read_text()
    assert text.splitlines()[1] == '"007","A mug, 007","","","","","ab/ab01.png","9.90","top"'


def test_views_are_named_and_renamed_like_the_main_image(tmp_path: Path) -> None:
    listed = f'["{MUG}?back", "{MUG}"]'.replace('"', '""')
    write_catalogue(tmp_path, {})
    extra = f'product_id,image,views,title,description,brand,color,category\n1,{MUG},"{listed}",,,,,\n2,,,,,,,\n'
    (tmp_path / "catalogue" / "products.csv").write_text(extra)
    assert catalogue_references(tmp_path) == [
        ImageReference("1", MUG),
        ImageReference("1", f"{MUG}?back"),
        ImageReference("2", ""),
    ]
    replace_references(
        tmp_path, {ImageReference("1", f"{MUG}?back"): "ab/ab01.png", ImageReference("2", MUG): "cd/cd02.png"}
    )
    rows = read_catalogue(tmp_path).to_pylist()
    assert [(row["image"], row["views"]) for row in rows] == [(MUG, f'["ab/ab01.png", "{MUG}"]'), ("", "")]

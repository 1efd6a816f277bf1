import csv
import json
from pathlib import Path

import pytest

from vitrine.data.adapters.shopify import COLUMNS, read
from vitrine.data.contract.files import read_catalogue
from vitrine.data.prepare import prepare
from vitrine.errors import DataError

DRESSES, SHIRTS = "Apparel > Clothing > Dresses", "Apparel > Clothing > Shirts"


@pytest.fixture
def folder(tmp_path):
    def write(*products: tuple[str, ...]) -> Path:
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        with (root / "products.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *products])
        return root

    return write


def product(number: int, title: str, category: str = DRESSES) -> tuple[str, ...]:
    return (str(number), title, json.dumps([f"{number}.jpg"]), "", category)


def catalogue(dataset) -> list[dict]:
    return [row for records in dataset.products for row in records.table.to_pylist()]


def labels(dataset, query: str) -> dict[str, str]:
    list(dataset.products)
    rows = [row for records in dataset.judgements for row in records.table.to_pylist()]
    return {row["product_id"]: row["esci_label"] for row in rows if row["query"] == query}


@pytest.mark.parametrize(
    ("images", "preview", "image", "others"),
    [
        ('["a.jpg", "b.jpg"]', "c.jpg", "c.jpg", '["a.jpg", "b.jpg"]'),
        ('["a.jpg", "b.jpg"]', "b.jpg", "b.jpg", '["a.jpg"]'),
        ('["a.jpg", "b.jpg"]', "", "a.jpg", '["b.jpg"]'),
        ('["//cdn.example/a.jpg?v=1", "//cdn.example/b"]', "", "https://cdn.example/a.jpg?v=1",
         '["https://cdn.example/b"]'),
        ("[]", "https://cdn.example/c.jpg", "https://cdn.example/c.jpg", ""),
        ("", "", "", ""),
    ],
)  # fmt: skip
def test_the_preview_is_the_image_or_else_the_first_image_and_the_others_are_views(
    folder, images, preview, image, others
):
    (product,) = catalogue(read(folder(("007", "Mug &amp; Cup", images, preview, DRESSES))))
    expected = {"product_id": "007", "title": "Mug & Cup", "category": DRESSES, "image": image, "views": others}
    assert product == dict.fromkeys(product, "") | expected


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        ("['a.jpg']", 'is not a JSON list of paths or addresses, such as ["a.jpg", "b.jpg"]'),
        (json.dumps(["a.jpg"] * 11), "has 11 images, which are more than the 10 allowed"),
    ],
)
def test_lists_that_are_none_are_named(folder, images, reason):
    path = folder(product(1, "Mug"), ("2", "Cup", images, "c.jpg", DRESSES))
    (records,) = read(path).products
    (fault,) = records.faults
    assert str(fault).startswith(f"{path}/products.csv:3: images ")
    assert reason in str(fault)
    assert records.table["product_id"].to_pylist() == ["1"]


def test_labels_follow_categories_and_words_of_titles(folder):
    stock = [
        product(1, "Floral midi dress"),
        product(2, "The floral maxi"),
        product(3, "Plain dress"),
        product(4, "Floral shirt", SHIRTS),
        product(5, "Mug", "Home > Mugs"),
        product(6, "Gift"),
    ]
    dataset = read(folder(*stock, product(7, "Voucher", "")))
    assert labels(dataset, "dresses") == {"1": "E", "2": "E", "3": "E", "6": "E", "4": "C", "5": "I", "7": "I"}
    dataset = read(folder(*stock))
    assert labels(dataset, "floral dresses") == {"1": "E", "2": "E", "3": "S", "6": "S", "4": "C", "5": "I"}
    assert labels(read(folder(*stock)), "midi dresses") == {}


def test_judgements_of_people_take_the_place_of_derived_ones(folder):
    path = folder(product(1, "Mug"))
    text = "query_id,query,product_id,esci_label,source\nq1,red mug,1,Exact,survey\n"
    (path / "judgements.csv").write_text(text)
    (records,) = read(path).judgements
    (row,) = records.table.to_pylist()
    assert row == {
        "query_id": "q1", "query": "red mug", "product_id": "1", "esci_label": "E", "source": "survey",
        "split": row["split"],
    }  # fmt: skip


def test_it_prepares(folder, tmp_path):
    path = folder(*(product(n, f"Thing {n}", f"Goods > Kind {'abcdefghijklmnopqrst'[n % 20]}") for n in range(60)))
    (path / "images").mkdir()
    (path / "images" / "3.jpg").write_bytes(b"no image")
    with (path / "products.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(("60", "Mug", '["60.jpg", "60 back.jpg"]', "", "Goods > Kind a"))
    (path / "images" / "60 back.jpg").write_bytes(b"nor this")
    prepared = prepare("shopify", path, tmp_path / "out")
    assert prepared.summary.products == 61
    assert prepared.images == {"copied": 0, "missing": 60, "unreadable": 2, "elsewhere": 0}
    (last,) = (row for row in read_catalogue(tmp_path / "out").to_pylist() if row["product_id"] == "60")
    assert (last["image"], last["views"]) == ("60.jpg", '["60 back.jpg"]')


def test_a_file_without_its_columns_is_refused(folder, tmp_path):
    path = folder()
    (path / "products.csv").write_text("id,title\n1,Mug\n")
    with pytest.raises(DataError, match=r"products.csv:1: column 'shopify_product_id' is missing"):
        prepare("shopify", path, tmp_path / "out")

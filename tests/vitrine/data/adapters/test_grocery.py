from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.data.adapters import grocery
from vitrine.data.adapters.grocery_needs import BRANDS, COMPLEMENTS, SUBSTITUTES
from vitrine.data.contract.rules import JudgementRules, ProductRules
from vitrine.errors import DataError

CLASSES = """class_name,class_id,coarse_class_name,coarse_class_id,iconic_image,description
Royal-Gala,4,Apple,0,iconic/Royal-Gala_Iconic.jpg,"Crispy, juicy."
Granny-Smith,1,Apple,0,iconic/Granny-Smith_Iconic.jpg,Green and sour.
Anjou,20,Pear,13,iconic/Anjou_Iconic.jpg,A classic.
Arla-Natural-Yoghurt,55,Yoghurt,27,iconic/Arla-Natural-Yoghurt_Iconic.jpg,Creamy.
Garlic,64,Garlic,33,iconic/Garlic_Iconic.jpg,Sharp.
"""
FOLDERS = {
    "4": "Fruit/Apple/Royal-Gala/Royal-Gala",
    "1": "Fruit/Apple/Granny-Smith/Granny-Smith",
    "20": "Fruit/Pear/Anjou/Anjou",
    "55": "Packages/Yoghurt/Arla-Natural-Yoghurt/Arla-Natural-Yoghurt",
    "64": "Vegetables/Garlic/Garlic",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "classes.csv").write_text(CLASSES)
    for name, count in (("train", 20), ("val", 3)):
        lines = [
            f"{name}/{path}_{number:03}.jpg,{class_id},0"
            for class_id, path in FOLDERS.items()
            for number in range(count)
        ]
        (tmp_path / f"{name}.csv").write_text("\n".join(["image,class_id,coarse_class_id", *lines]))
    return tmp_path


@pytest.fixture
def products(folder):
    return pa.concat_tables([records.table for records in grocery.read(folder).products]).to_pandas()


def labels(folder, query: str) -> dict[str, str]:
    table = grocery.read(folder).judgements[0].table
    rows = zip(*(table[name].to_pylist() for name in ("query", "product_id", "esci_label")), strict=True)
    return {product: label for text, product, label in rows if text == query}


def test_each_class_is_a_product_with_its_packshot(products):
    pack = products[products["product_id"] == "pack-Arla-Natural-Yoghurt"].iloc[0]
    assert pack.to_dict() == {
        "product_id": "pack-Arla-Natural-Yoghurt",
        "title": "Arla Natural Yoghurt",
        "description": "Creamy.",
        "brand": "Arla",
        "color": "",
        "category": "Packages",
        "image": "iconic/Arla-Natural-Yoghurt_Iconic.jpg",
        "views": "",
        "price": "",
    }


def test_some_photographs_of_each_class_are_products_too(products):
    assert len(products) == 5 * (1 + grocery.PHOTOGRAPHS)
    assert products["product_id"].is_unique
    assert products["image"].str.contains("Royal-Gala").sum() == 1 + grocery.PHOTOGRAPHS


def test_photographs_say_their_class_their_group_or_nothing(products):
    apples = products[products["image"].str.contains("/Royal-Gala/")]
    assert set(zip(apples["title"], apples["category"], strict=True)) == {
        ("Royal Gala", "Fruit"),
        ("Apple", "Fruit"),
        ("", ""),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("royal gala", "ESSCI"),
        ("royal gala apple", "ESSCI"),
        ("fresh royal gala", "ESSCI"),
        ("apple", "EESCI"),
        ("natural yoghurt", "CCIEI"),
        ("arla", "CCIEI"),
        ("arla yoghurt", "CCIEI"),
        ("tart apple", "SESCI"),
    ],
)
def test_labels_follow_the_rules(folder, query, expected, monkeypatch):
    monkeypatch.setattr("vitrine.data.adapters.derived_judgements.MAX_JUDGED", {"S": 99, "C": 99, "I": 99})
    judged = labels(folder, query)
    classes = ["Royal-Gala", "Granny-Smith", "Anjou", "Arla-Natural-Yoghurt", "Garlic"]
    assert "".join(judged[f"pack-{name}"] for name in classes) == expected
    for product, label in judged.items():
        if "Royal-Gala" in product:
            assert label == expected[0]


def test_a_photograph_of_an_unknown_class_is_a_fault(folder):
    with (folder / "val.csv").open("a") as lines:
        lines.write("\nval/Fruit/Durian/Durian_001.jpg,99,0\n")
    faults = [str(fault) for records in grocery.read(folder).products for fault in records.faults]
    assert faults == [f"{folder}/val.csv:17: class_id '99' is not in classes.csv"]


def test_the_tables_speak_of_disjoint_pairs():
    assert all(first != second for first, second in COMPLEMENTS)
    assert len({frozenset(pair) for pair in COMPLEMENTS}) == len(COMPLEMENTS)
    assert not [pair for pair in COMPLEMENTS for alike in SUBSTITUTES if alike.issuperset(pair)]
    assert len(set(BRANDS)) == len(BRANDS)


@given(st.sampled_from(["classes.csv", "train.csv"]), st.binary(max_size=100), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_bytes_escape_as_another_error(folder, name, data, append):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole + b"\n" + data if append else whole.split(b"\n")[0] + b"\n" + data)
    with suppress(DataError):
        dataset = grocery.read(folder)
        rules = ProductRules()
        for records in dataset.products:
            rules.admit(records)
        JudgementRules(rules.admitted).admit(dataset.judgements[0])
    (folder / name).write_bytes(whole)

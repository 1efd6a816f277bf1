import gzip
import json
from pathlib import Path

import pytest
from PIL import Image

from vitrine.data.adapters.abo import FOREIGN, REPEATED, read
from vitrine.data.adapters.abo_needs import COMPLEMENTS, SPOKEN_NAMES, SUBSTITUTES, VAGUE, spoken_name
from vitrine.data.prepare import prepare
from vitrine.errors import DataError

IMAGES_CSV = "image_id,height,width,path\n81NP,1000,800,14/14fe.jpg\n61xh,500,500,3f/3f2a.jpg\n"


def tagged(*values: str, language: str = "en_US") -> list[dict]:
    return [{"language_tag": language, "value": value} for value in values]


def listing(item_id: str, name: str = "Stool", kind: str = "STOOL_SEATING", **changes) -> dict:
    return {
        "item_id": item_id,
        "item_name": tagged(name),
        "brand": tagged("Rivet"),
        "product_type": [{"value": kind}],
        "item_dimensions": {"height": {"unit": "inches", "value": 29.5}},
        "node": [{"node_id": 1, "node_name": "/Categories"}],
        "main_image_id": "81NP",
        "country": "US",
        "domain_name": "amazon.com",
    } | changes


@pytest.fixture
def folder(tmp_path):
    def write(*files: list, images_csv: str = IMAGES_CSV) -> Path:
        root = tmp_path / "abo"
        for place in ("listings/metadata", "images/metadata", "images/small/14"):
            (root / place).mkdir(parents=True, exist_ok=True)
        for number, listings in enumerate(files):
            lines = [entry if isinstance(entry, str) else json.dumps(entry) for entry in listings]
            text = "".join(f"{line}\n" for line in lines)
            (root / f"listings/metadata/listings_{number}.json.gz").write_bytes(gzip.compress(text.encode()))
        (root / "images/metadata/images.csv.gz").write_bytes(gzip.compress(images_csv.encode()))
        Image.new("RGB", (4, 4), "red").save(root / "images/small/14/14fe.jpg")
        return root

    return write


def products(dataset) -> list[dict]:
    return [row for records in dataset.products for row in records.table.to_pylist()]


def labels(dataset) -> dict[str, dict[str, str]]:
    list(dataset.products)
    judged: dict[str, dict[str, str]] = {}
    for records in dataset.judgements:
        for row in records.table.to_pylist():
            judged.setdefault(row["query"], {})[row["product_id"]] = row["esci_label"]
    return judged


def test_a_listing_becomes_a_product_of_its_english_values(folder):
    entry = listing(
        "B07H",
        item_name=[*tagged("Hocker", language="de_DE"), *tagged("Bar Stool &amp; Cushion", language="en_AE")],
        bullet_point=tagged("29 inches tall", "Walnut legs"),
        product_description=[*tagged("Hoch", language="de_DE"), *tagged("<p>Tall</p>")],
        color=[{"language_tag": "en_US", "value": "Stone Grey", "standardized_values": ["Gray"]}],
        item_keywords=tagged("stool"),
    )
    assert products(read(folder([entry]))) == [
        {
            "product_id": "B07H",
            "title": "Bar Stool & Cushion",
            "description": "29 inches tall Walnut legs Tall",
            "brand": "Rivet",
            "color": "Stone Grey",
            "category": "stool",
            "image": "14/14fe.jpg",
            "views": "",
            "price": "",
        }
    ]


def test_only_the_id_and_an_english_name_are_needed(folder):
    (product,) = products(read(folder([{"item_id": "B1", "item_name": tagged("Stool")}])))
    assert product == dict.fromkeys(product, "") | {"product_id": "B1", "title": "Stool"}


def test_the_first_english_listing_of_a_product_counts(folder):
    foreign = listing("B1", item_name=tagged("Hocker", language="de_DE"))
    dataset = read(folder([foreign, listing("B1", "First")], [listing("B1", "Second"), listing("B2")]))
    assert [product["title"] for product in products(dataset)] == ["First", "Stool"]
    assert dataset.left_out == {FOREIGN: 1, REPEATED: 1}


def test_labels_follow_the_rules(folder):
    black = {"color": tagged("Matte Black")}
    stock = [
        listing("stool", **black),
        listing("other", brand=tagged("Amazon Brand - Stone & Beam")),
        listing("sofa", kind="SOFA"),
        listing("table", kind="TABLE"),
        listing("boot", kind="BOOT", **black),
        listing("home", kind="HOME"),
    ]
    judged = labels(read(folder(stock)))
    everything = {"sofa": "S", "table": "C", "boot": "I", "home": "I"}
    assert judged["stool"] == {"stool": "E", "other": "E"} | everything
    assert judged["black stool"] == {"stool": "E", "other": "S"} | everything
    assert judged["stone & beam stool"] == {"stool": "S", "other": "E"} | everything
    assert not [query for query in judged if "home" in query]


def test_types_are_said_as_people_say_them():
    assert [spoken_name(kind) for kind in ("FINERING", "DINING_CHAIR")] == ["ring", "dining chair"]
    named = {*SPOKEN_NAMES, *set().union(*SUBSTITUTES), *(kind for pair in COMPLEMENTS for kind in pair)}
    assert not named & VAGUE


SHAPE = "is not a list of objects with language_tag and value"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", "[1] is not an object"),
        ("{", "not readable as JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "not readable as JSON: maximum recursion depth exceeded"),
        (listing("B2") | {"item_id": 7}, "item_id '7' is not text"),
        (listing(""), "item_id '' is missing"),
        (listing("B2", main_image_id=["a"]), """main_image_id '["a"]' is not text"""),
        (listing("B2", brand="Rivet"), f"""brand '"Rivet"' {SHAPE}"""),
        (listing("B2", item_name=[{"value": "x"}]), f"""item_name '[{{"value": "x"}}]' {SHAPE}"""),
        (
            listing("B2", product_type=[{"value": 1}]),
            """product_type '[{"value": 1}]' is not a list of objects with value""",
        ),
        (
            listing("B2", color=tagged("\ud800")),
            rf"""color '[{{"language_tag": "en_US", "value": "\\ud800"}}]' {SHAPE}""",
        ),
    ],
)
def test_broken_lines_are_named(folder, line, message):
    path = folder([listing("B1"), line])
    *_, records = read(path).products
    (fault,) = records.faults
    assert str(fault).startswith(f"{path}/listings/metadata/listings_0.json.gz:2: {message}")
    assert records.table.num_rows == 1


def test_invalid_bytes_are_named(folder):
    path = folder([listing("B1")])
    file = path / "listings/metadata/listings_0.json.gz"
    file.write_bytes(gzip.compress(b'{"item_id": "\xff"}\n'))
    *_, records = read(path).products
    assert [str(fault) for fault in records.faults] == [f"{file}:1: is not UTF-8 at byte 13"]


def test_images_are_named_by_plain_fields(folder):
    path = folder([listing("B1")], images_csv=f"{IMAGES_CSV}71aa,2\n")
    first, *_ = read(path).products
    assert [str(fault) for fault in first.faults] == [
        f"{path}/images/metadata/images.csv.gz:4: b'71aa,2' is not 4 plain fields"
    ]
    path = folder([listing("B1")], images_csv="id,path\n")
    with pytest.raises(DataError, match=r"images.csv.gz:1: column 'image_id' is missing; the file has 'id', 'path'"):
        list(read(path).products)


@pytest.mark.parametrize(("name", "place"), [("listings_0.json.gz", "listings"), ("images.csv.gz", "images")])
def test_files_that_are_cut_off_or_absent_are_refused(folder, tmp_path, name, place):
    path = folder([listing(f"B{number}", f"Stool {number * number}") for number in range(200)])
    file = path / place / "metadata" / name
    file.write_bytes(file.read_bytes()[:-12])
    with pytest.raises(DataError, match=rf"{name}: cut off after line \d+; download the file again"):
        prepare("abo", path, tmp_path / "out", "skip")
    file.unlink()
    with pytest.raises(DataError, match=rf"has no listings/metadata|{name}: No such file"):
        prepare("abo", path, tmp_path / "out")


def test_it_prepares_with_images(folder, tmp_path):
    stock = [listing(f"B{n}", kind=f"KIND_{n % 20}", brand=tagged(f"Maker {n % 3}")) for n in range(60)]
    prepared = prepare("abo", folder(stock[:30], [*stock[30:], "{}"]), tmp_path / "out", "skip")
    assert prepared.summary.products == prepared.summary.with_image == 60
    assert prepared.rejected == 1
    assert (tmp_path / "out/images/14/14fe.jpg").is_file()

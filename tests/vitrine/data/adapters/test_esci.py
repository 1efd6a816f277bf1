"""The adapter of the Shopping Queries Dataset, on small files with the columns and types of the published ones."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.esci_files import write_esci
from vitrine.data.adapters.esci import EXAMPLES, PRODUCTS, SHARED, SOURCES, EsciSettings
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.data.prepare import Prepared, prepare
from vitrine.errors import ConfigError, DataError

Row = dict[str, Any]


def example(query_id: int, query: str, product_id: str, label: str, split: str = "train", **changes: Any) -> Row:
    row = {"example_id": 0, "query": query, "query_id": query_id, "product_id": product_id, "product_locale": "us",
           "esci_label": label, "small_version": 1, "large_version": 1, "split": split}  # fmt: skip
    return row | changes


def product(product_id: str, title: str | None, locale: str = "us", **changes: str) -> Row:
    empty = dict.fromkeys(("product_description", "product_bullet_point", "product_brand", "product_color"))
    return {"product_id": product_id, "product_title": title, **empty, "product_locale": locale} | changes


EXAMPLES_ROWS = [
    example(1, "red mug", "B1", "E"),
    example(1, "red mug", "B2", "S"),
    example(2, "case for phone", "B1", "I", "test"),
    example(2, "case for phone", "B3", "C", "test"),
    example(3, "easy query", "B4", "E", small_version=0),
    example(4, "taza roja", "B1", "E", "train", product_locale="es"),
    example(5, "taza azul", "B1", "S", "test", product_locale="es"),
]
PRODUCT_ROWS = [
    product("B1", "Red mug", product_brand="Acme", product_color="red",
            product_description="<p>A mug &amp; a lid</p>", product_bullet_point="350 ml\nDishwasher safe"),
    product("B1", "Taza roja", "es"),
    product("B2", None),
    product("B3", "Phone case"),
    product("B4", "Easy product"),
    product("B5", "Never judged"),
]  # fmt: skip


@pytest.fixture
def esci(tmp_path: Path) -> Path:
    folder = tmp_path / "esci"
    folder.mkdir()
    write(folder)
    return folder


def write(folder: Path, examples: list[Row] = EXAMPLES_ROWS, products: list[Row] = PRODUCT_ROWS) -> None:
    parquet.write_table(pa.Table.from_pylist(examples), folder / EXAMPLES)
    parquet.write_table(pa.Table.from_pylist(products), folder / PRODUCTS)


def prepared(folder: Path, **settings: Any) -> Prepared:
    return prepare("esci", folder, folder.parent / "out", settings=EsciSettings(**settings))


def judgements(folder: Path, split: Any) -> list[tuple[str, ...]]:
    table = read_judgements(folder.parent / "out", split)
    return [tuple(row.values()) for row in table.to_pylist()]


def test_one_locale_of_the_small_version_keeps_ids_and_the_datasets_own_split(esci: Path) -> None:
    result = prepared(esci)
    assert judgements(esci, "train") == [("1", "red mug", "B1", "E", ""), ("1", "red mug", "B2", "S", "")]
    assert judgements(esci, "eval") == [
        ("2", "case for phone", "B1", "I", ""),
        ("2", "case for phone", "B3", "C", ""),
    ]
    assert (result.summary.products, result.left_out) == (3, {})


def test_products_are_those_judged_and_their_points_come_before_their_description(esci: Path) -> None:
    prepared(esci)
    first, second, third = read_catalogue(esci.parent / "out").to_pylist()
    assert first == {"product_id": "B1", "title": "Red mug", "description": "350 ml Dishwasher safe A mug & a lid",
                     "brand": "Acme", "color": "red", "category": "", "image": "", "views": "",
                     "price": None}  # fmt: skip
    assert (second["product_id"], second["title"], third["product_id"]) == ("B2", "", "B3")


def test_the_large_version_adds_the_easy_queries(esci: Path) -> None:
    prepared(esci, version="large")
    assert ("3", "easy query", "B4", "E", "") in judgements(esci, "train")


def test_products_of_several_locales_have_ids_of_their_own(esci: Path) -> None:
    prepared(esci, locales=("us", "es"))
    titles = {row["product_id"]: row["title"] for row in read_catalogue(esci.parent / "out").to_pylist()}
    assert titles == {"us-B1": "Red mug", "es-B1": "Taza roja", "us-B2": "", "us-B3": "Phone case"}
    assert ("4", "taza roja", "es-B1", "E", "") in judgements(esci, "train")


def test_sources_of_queries_are_kept(esci: Path) -> None:
    (esci / SOURCES).write_text("query_id,source\n2,negations\n1,behavioral\n", encoding="utf-8")
    prepared(esci)
    assert {row[-1] for row in judgements(esci, "train")} == {"behavioral"}
    assert {row[-1] for row in judgements(esci, "eval")} == {"negations"}


def test_a_query_asked_in_both_splits_stays_in_the_test_split_and_is_counted(esci: Path) -> None:
    write(esci, [*EXAMPLES_ROWS, example(9, "Case for  Phone", "B1", "E"), example(9, "Case for  Phone", "B2", "S")])
    assert prepared(esci).left_out == {SHARED: 2}
    assert {row[1] for row in judgements(esci, "train")} == {"red mug"}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([example(1, "mug", "B1", "X")], f"{EXAMPLES}:8: esci_label 'X' is not one of E, S, C, I"),
        ([example(1, "mug", "B9", "E")], f"{EXAMPLES}:8: product_id 'B9' is not in the catalogue"),
        ([example(1, "red mug", "B3", "E", "valid")], f"{EXAMPLES}:8: split 'valid' is not one of train, eval"),
    ],
)
def test_a_bad_example_is_named(esci: Path, rows: list[Row], problem: str) -> None:
    write(esci, EXAMPLES_ROWS + rows)
    with pytest.raises(DataError) as error:
        prepared(esci)
    assert problem in str(error.value)


def test_damaged_files_are_named(esci: Path) -> None:
    whole = (esci / PRODUCTS).read_bytes()
    for damaged in (b"", whole[:100], whole[: len(whole) // 2], b"PAR1" + whole[10:], whole[:-20] + bytes(20)):
        (esci / PRODUCTS).write_bytes(damaged)
        with pytest.raises(DataError, match=PRODUCTS):
            prepared(esci)
    parquet.write_table(pa.table({"product_id": ["B1"]}), esci / PRODUCTS)
    with pytest.raises(DataError, match=r"column 'product_locale' is missing; the file has 'product_id'"):
        prepared(esci)
    (esci / PRODUCTS).unlink()
    with pytest.raises(DataError, match=f"{PRODUCTS}: No such file"):
        prepared(esci)


def test_a_column_of_another_kind_and_text_that_is_none_are_named(esci: Path) -> None:
    table = parquet.read_table(esci / PRODUCTS)
    place = table.column_names.index("product_title")
    for values, problem in (
        (pa.array([["a", "list"]] * 6), "column 'product_title' is list"),
        (pa.Array.from_buffers(pa.string(), 6, pa.array([b"\xff"] * 6).buffers()), "'product_title' is not UTF-8"),
    ):
        parquet.write_table(table.set_column(place, "product_title", values), esci / PRODUCTS)
        with pytest.raises(DataError, match=problem):
            prepared(esci)


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match="--locale de: not one of us, es, jp"):
        EsciSettings(locales=("de",))
    with pytest.raises(ConfigError, match="--version medium: not one of small, large"):
        EsciSettings(version="medium")


def test_generated_files_of_all_locales_prepare_whole(tmp_path: Path) -> None:
    write_esci(tmp_path / "esci", scale=0.001)
    result = prepared(tmp_path / "esci", locales=("us", "es", "jp"), version="large")
    assert sum(result.summary.judgements.values()) + sum(result.left_out.values()) == 2621
    assert result.summary.products > 1500
    assert set(read_judgements(tmp_path / "out", "eval")["source"].to_pylist()) == {"behavioral", "negations", "other"}

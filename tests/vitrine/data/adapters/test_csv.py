from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.data.adapters.csv import CsvSettings, read
from vitrine.data.contract.rules import JudgementRules, ProductRules, SplitRules
from vitrine.data.contract.splits import is_eval
from vitrine.errors import ConfigError, DataError


@pytest.fixture
def shop(tmp_path):
    """Write a user's files: other names, semicolons, grades, line breaks in texts."""
    catalogue = 'sku;name;long text;cost\n007;Red mug;"Holds\n300 ml";4.50\n8; Blue mug ;;\n'
    (tmp_path / "catalogue.csv").write_text(catalogue, encoding="utf-8")
    (tmp_path / "judgements.csv").write_text("search;sku;grade\nred mug;007;3\nred mug;8;2\n", encoding="utf-8")
    return tmp_path


COLUMNS = {
    "product_id": "sku",
    "title": "name",
    "description": "long text",
    "price": "cost",
    "query": "search",
    "esci_label": "grade",
}
SETTINGS = CsvSettings(columns=COLUMNS, labels={"3": "E", "2": "S"}, delimiter=";")


def rows(blocks, *names) -> list[tuple]:
    tables = [records.table.select(names) for records in blocks]
    return [tuple(row.values()) for row in pa.concat_tables(tables).to_pylist()]


def test_columns_and_labels_are_mapped(shop):
    dataset = read(shop, SETTINGS)
    products = rows(dataset.products, "product_id", "title", "description", "brand", "price")
    assert products == [("007", "Red mug", "Holds 300 ml", "", "4.50"), ("8", "Blue mug", "", "", "")]
    assert rows(dataset.judgements, "query", "product_id", "esci_label") == [
        ("red mug", "007", "E"),
        ("red mug", "8", "S"),
    ]
    assert dataset.images == shop / "images"


def test_messages_use_the_names_of_the_file(shop):
    (records,) = read(shop, CsvSettings(columns=COLUMNS, labels={"3": "E"}, delimiter=";")).judgements
    _, faults = JudgementRules({"007", "8"}).admit(records)
    assert [str(fault) for fault in faults] == [f"{shop}/judgements.csv:3: grade '2' is not one of E, S, C, I"]


def test_the_files_of_the_contract_need_no_mapping(tmp_path):
    (tmp_path / "catalogue.csv").write_text("product_id,title\n1,Mug\n")
    (tmp_path / "judgements.csv").write_text("query_id,query,product_id,esci_label\nq7,mug,1,Exact\n")
    dataset = read(tmp_path)
    assert rows(dataset.products, "product_id", "title") == [("1", "Mug")]
    assert rows(dataset.judgements, "query_id", "esci_label") == [("q7", "E")]


@pytest.mark.parametrize(("value", "label"), [("e", "E"), ("Substitute", "S"), ("COMPLEMENT", "C"), ("x", "x")])
def test_labels_are_known_by_letter_or_name(tmp_path, value, label):
    (tmp_path / "catalogue.csv").write_text("product_id\n1\n")
    (tmp_path / "judgements.csv").write_text(f"query,product_id,esci_label\nmug,1,{value}\n")
    assert rows(read(tmp_path).judgements, "esci_label") == [(label,)]


def test_queries_without_an_id_get_one_from_their_text(shop):
    ids = [query_id for (query_id,) in rows(read(shop, SETTINGS).judgements, "query_id")]
    assert ids[0] == ids[1]
    assert ids[0].startswith("q-")


def test_splits_go_by_the_hash_of_the_query(shop):
    queries = [f"query {number}" for number in range(50)]
    (shop / "judgements.csv").write_text("\n".join(["search;sku;grade", *(f"{query};8;3" for query in queries)]))
    splits = rows(read(shop, SETTINGS).judgements, "query", "split")
    assert splits == [(query, "eval" if is_eval(query) else "train") for query in queries]


def test_splits_of_the_users_own_are_kept(shop):
    (shop / "judgements.csv").write_text("search;sku;grade;fold\na;8;3;Train\nb;8;3;test\nc;8;3;dev\na;007;3;eval\n")
    settings = CsvSettings(columns=COLUMNS | {"split": "fold"}, labels=SETTINGS.labels, delimiter=";")
    (records,) = read(shop, settings).judgements
    good, faults = SplitRules().admit(records)
    assert good.table["split"].to_pylist() == ["train", "eval"]
    assert [str(fault).removeprefix(str(shop)) for fault in faults] == [
        "/judgements.csv:4: fold 'dev' is not one of train, eval",
        "/judgements.csv:5: search 'a' is in the other split too; split by query, never by row",
    ]


def test_the_files_may_call_the_same_column_differently(shop):
    (shop / "judgements.csv").write_text("search;item;grade\nred mug;007;3\n")
    columns = COLUMNS | {"judgements.product_id": "item"}
    dataset = read(shop, CsvSettings(columns=columns, labels=SETTINGS.labels, delimiter=";"))
    assert rows(dataset.judgements, "product_id") == [("007",)]


def test_latin_1_files_are_read_when_asked_for(tmp_path):
    (tmp_path / "catalogue.csv").write_bytes("product_id,title\n1,Tasse à café\n".encode("latin-1"))
    dataset = read(tmp_path, CsvSettings(encoding="latin-1"))
    assert rows(dataset.products, "title") == [("Tasse à café",)]


def test_a_mapped_column_must_be_there(shop):
    with pytest.raises(DataError) as error:
        list(read(shop, CsvSettings(columns=COLUMNS | {"brand": "maker"}, delimiter=";")).products)
    assert str(error.value) == (
        f"{shop}/catalogue.csv:1: column 'maker' is missing; the file has 'sku', 'name', 'long text', 'cost'. "
        "Name the one to use with --map brand=COLUMN"
    )


def test_a_needed_column_must_be_there(shop):
    with pytest.raises(DataError, match=r"column 'product_id' is missing.*--map product_id=COLUMN"):
        list(read(shop, CsvSettings(delimiter=";")).products)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"colour": "farbe"}}, "--map colour: not a column of the contract, which has product_id, title"),
        ({"labels": {"3": "X"}}, "--label-map 3=X: 'X' is not one of E, S, C, I"),
        ({"delimiter": ";;"}, "--delimiter ';;': must be one ASCII character"),
        ({"encoding": "utf-16"}, "--encoding utf-16: not one of utf-8, latin-1"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        CsvSettings(**options)


@given(st.binary(max_size=200), st.sampled_from(["utf-8", "latin-1"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_escape_as_another_error(tmp_path, data, encoding):
    for start in (b"", b"product_id,query,esci_label,title\n", b'product_id,query,esci_label\n"'):
        for name in ("catalogue.csv", "judgements.csv"):
            (tmp_path / name).write_bytes(start + data)
        dataset = read(tmp_path, CsvSettings(encoding=encoding))
        with suppress(DataError):
            for records in dataset.products:
                ProductRules().admit(records)
        with suppress(DataError):
            for records in dataset.judgements:
                SplitRules().admit(JudgementRules({"1"}).admit(records)[0])

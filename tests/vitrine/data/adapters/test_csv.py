from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from vitrine.data.adapters.csv import CsvSettings, read
from vitrine.data.contract.rules import JudgementRules, ProductRules, SplitRules
from vitrine.data.contract.splits import is_eval
from vitrine.data.formats import csv_reading
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


@pytest.mark.parametrize("file", ["catalogue", "judgements"])
def test_a_column_of_ids_that_is_mapped_for_one_file_must_be_in_it(shop, file):
    columns = {**COLUMNS, f"{file}.product_id": "barcod"}
    dataset = read(shop, CsvSettings(columns=columns, labels={"3": "E", "2": "S"}, delimiter=";"))
    with pytest.raises(DataError, match=rf"{file}\.csv:1: column 'barcod' is missing"):
        list(dataset.products if file == "catalogue" else dataset.judgements)


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
        ({"encoding": "rot13"}, "--encoding rot13: not one of utf-8, utf-16"),
        ({"columns": {"product_id": ""}}, "--map product_id=: every dataset needs this column"),
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


def put(folder, name: str, *lines: str, encoding: str = "utf-8") -> None:
    (folder / name).write_bytes(("\n".join(lines) + "\n").encode(encoding))


@pytest.fixture
def small(tmp_path):
    put(tmp_path, "judgements.csv", "query,product_id,esci_label", "mug,1,E")
    return tmp_path


def products(folder, *names, **settings):
    """Read a folder; return the products' columns, the faults of the values and rows, and the notes."""
    dataset = read(folder, CsvSettings(**settings))
    blocks = list(dataset.products)
    faults = [str(fault).removeprefix(f"{folder}/") for records in blocks for fault in records.faults]
    return rows(blocks, *names), faults, list(dataset.notes)


def test_header_names_match_without_case_and_white_space(small):
    put(small, "catalogue.csv", "Product ID, TITLE ,colour,Description,brand,category,price,image", "1,Mug,red,,,,,")
    assert products(small, "product_id", "title", "color") == ([("1", "Mug", "red")], [], [])


def test_unused_and_missing_columns_are_named(small):
    put(small, "catalogue.csv", "product_id,title,link,,", "1,Mug,x,,")
    hint = "--map description=COLUMN names one, --map description= none"
    assert products(small, "title", columns={"price": "", "image": ""})[2] == [
        "catalogue.csv: columns not used: 'link'",
        f"warning: catalogue.csv: no column for description, brand, color, category ({hint})",
    ]


def test_texts_are_cleaned_of_html_unless_they_are_to_be_kept(small):
    put(small, "catalogue.csv", "product_id,title", "1,<b>Salt &amp; pepper</b><br>mug")
    assert products(small, "title")[0] == [("Salt & pepper mug",)]
    assert products(small, "title", html="keep")[0] == [("<b>Salt &amp; pepper</b><br>mug",)]


def test_several_images_in_a_cell_become_image_and_views(small):
    put(small, "catalogue.csv", "product_id,image", '1,"//a.example/1.jpg, https://a.example/2.jpg"')
    assert products(small, "image", "views")[0] == [("https://a.example/1.jpg", '["https://a.example/2.jpg"]')]


def test_an_unreadable_value_costs_the_value(small):
    put(small, "catalogue.csv", "product_id,price,image,views", "1,cheap,../x.jpg,", "2,5,,[a")
    found, faults, _ = products(small, "product_id", "price", "image")
    assert found == [("1", "", ""), ("2", "5", "")]
    assert faults == [
        "catalogue.csv:2: price 'cheap' is not a price of 0 or more",
        "catalogue.csv:3: image ' [a' is no list of images",
        "catalogue.csv:2: image '../x.jpg ' leads out of the image root",
    ]


def test_an_additional_image_that_leads_out_costs_the_additional_images(small):
    cells = ["a.jpg,../b.jpg", "a.jpg,x/../b.jpg,c.jpg", '["a.jpg", "b/.."]', '["a.jpg", ".."]', "a.jpg,..b.jpg"]
    put(small, "catalogue.csv", "product_id;image", *(f"{row};{cell}" for row, cell in enumerate(cells)))
    (records,) = read(small, CsvSettings(delimiter=";", quoting="none")).products
    admitted, faults = ProductRules().admit(records)
    assert faults == []
    assert rows([admitted], "image", "views") == [("a.jpg", "")] * 4 + [("a.jpg", '["..b.jpg"]')]
    assert [fault.row for fault in records.faults] == [2, 3, 4, 5]


def test_a_decimal_mark_that_later_prices_contradict_is_a_warning(small, monkeypatch):
    monkeypatch.setattr(csv_reading, "BLOCK_BYTES", 64)
    lines = ["1;12.50", "2;1.299", *(f"{row};{row}0" for row in range(10, 40)), '98;"1.299,00"', "99;2.399"]
    put(small, "catalogue.csv", "product_id;price", *lines)
    found, faults, notes = products(small, "price", delimiter=";")
    assert (found[1], found[-2:]) == (("1.299",), [("1299.00",), ("",)])
    assert len(faults) == 1
    assert notes[-1] == (
        "warning: catalogue.csv: prices have both decimal marks, and '1.299' was read as 1.299 before the second one "
        "was seen; --decimal . or --decimal , says which mark it is"
    )
    assert not any("decimal" in note for note in products(small, "price", delimiter=";", decimal=",")[2])


def test_prices_of_several_currencies_are_a_warning(small):
    put(small, "catalogue.csv", "product_id,price", "1,5 EUR", "2,$5")
    found, _, notes = products(small, "price", "currency")
    assert found == [("5", "EUR"), ("5", "$")]
    assert notes[-1] == "warning: catalogue.csv: prices are in EUR and $, and are not converted"


def test_a_column_of_currencies_is_kept(small):
    put(small, "catalogue.csv", "product_id,price,Currency", "1,5,EUR", "2,6 USD,EUR")
    assert products(small, "price", "currency")[0] == [("5", "EUR"), ("6", "USD")]


def test_rows_of_one_id_are_merged_when_asked_for(small):
    put(small, "catalogue.csv", "product_id,title,price,image", "1,Mug,6,a.jpg", "2,Lamp,1,", "1,,5,b.jpg")
    assert products(small, "product_id", "title", "price", "image", "views", group=True)[0] == [
        ("1", "Mug", "5", "a.jpg", '["b.jpg"]'),
        ("2", "Lamp", "1", "", ""),
    ]


@pytest.mark.parametrize(("delimiter", "note"), [(";", "';'"), ("\t", "'\\t'"), ("|", "'|'")])
def test_the_first_line_shows_the_delimiter(small, delimiter, note):
    put(small, "catalogue.csv", delimiter.join(["product_id", "title"]), delimiter.join(["1", "Mug, red"]))
    found, _, notes = products(small, "product_id", "title")
    assert found == [("1", "Mug, red")]
    assert notes[0] == f"catalogue.csv: read with the delimiter {note}"


def test_c1_controls_name_the_encoding_that_was_meant(small):
    put(small, "catalogue.csv", "product_id,title", "1,5 € mug", "2,caf\xe9", encoding="cp1252")
    found, faults, _ = products(small, "title", encoding="latin-1")
    assert found == [("café",)]
    assert faults[0].startswith("catalogue.csv:2: title '5 \\x80 mug' contains a C1 control character")
    assert faults[0].endswith("; --encoding cp1252 reads it")
    assert products(small, "title", encoding="cp1252")[:2] == ([("5 € mug",), ("café",)], [])


def test_a_file_in_utf_8_stays_so_beside_one_in_another_encoding(small):
    put(small, "catalogue.csv", "product_id,title", "1,café")
    found, _, notes = products(small, "title", encoding="cp1252")
    assert found == [("café",)]
    assert notes[0] == "catalogue.csv: read as utf-8, which it is, and not cp1252"


def test_ids_are_equal_where_only_invisible_characters_differ(tmp_path):
    put(tmp_path, "catalogue.csv", "product_id", "a\u200b", "\u00a0b", "u\u0308")
    put(tmp_path, "judgements.csv", "query,product_id,esci_label", "mug,a,E", "mug,b\ufeff,E", "mug,\u00fc,E")
    dataset = read(tmp_path)
    assert rows(dataset.products, "product_id") == [("a",), ("b",), ("\u00fc",)]
    assert rows(dataset.judgements, "product_id") == [("a",), ("b",), ("\u00fc",)]


def test_parquet_files_are_read(small):
    file = "catalogue.parquet"
    parquet.write_table(pa.table({"Product_ID": [1], "title": ["Mug"], "price": [4.5]}), small / file)
    assert products(small, "product_id", "title", "price", catalogue_file=file)[0] == [("1", "Mug", "4.5")]


def test_workbooks_are_refused_with_what_to_do(small):
    (small / "catalogue.csv").write_bytes(b"PK\x03\x04\x14\0\x06\0")
    with pytest.raises(DataError, match=r"is a workbook or another archive, which is not read; save its sheet as CSV"):
        products(small, "title")


def test_a_missing_file_names_the_others(small):
    put(small, "products_export.csv", "product_id")
    with pytest.raises(DataError, match=r"catalogue.csv: .*; the folder has judgements.csv, products_export.csv; name"):
        products(small, "title")


def test_judgements_of_several_raters_become_one(tmp_path):
    put(tmp_path, "catalogue.csv", "product_id", "1")
    put(tmp_path, "judgements.csv", "query,product_id,esci_label,rater", "mug,1,3,a", "mug,1,0,b", "mug,1,3,c")
    settings = CsvSettings(raters="vote", labels={"3": "E", "0": "I"})
    dataset = read(tmp_path, settings)
    assert rows(dataset.judgements, "esci_label") == [("E",)]
    assert dataset.left_out == {"judgements of further raters of a pair, which are in its label": 2}
    assert dataset.notes == ["judgements.csv: columns not used: 'rater'"]


def test_judgements_of_trec_are_read_with_their_queries(tmp_path):
    put(tmp_path, "catalogue.csv", "product_id", "1")
    put(tmp_path, "qrels", "7 0 1 3")
    put(tmp_path, "topics", "7\tred mug")
    settings = CsvSettings(judgements_file="qrels", queries_file="topics", labels={"2..": "E"})
    dataset = read(tmp_path, settings)
    assert rows(dataset.judgements, "query_id", "query", "product_id", "esci_label") == [("7", "red mug", "1", "E")]


def test_ids_in_judgements_of_trec_are_cleaned_as_those_of_the_catalogue(tmp_path):
    put(tmp_path, "catalogue.csv", "product_id", "cafe\u0301-1", "x\u200b2")
    put(tmp_path, "qrels", "7 0 cafe\u0301-1 3", "7 0 x\u200b2 3")
    put(tmp_path, "topics", "7\tred mug")
    settings = CsvSettings(judgements_file="qrels", queries_file="topics", labels={"2..": "E"})
    dataset = read(tmp_path, settings)
    assert rows(dataset.judgements, "product_id") == rows(dataset.products, "product_id")


def test_letters_that_an_export_has_broken_are_a_warning(small):
    put(small, "catalogue.csv", "product_id,title", "1,NÃO Â mug", "2,caf\u00c3\u00a9", "3,men\u00e2\u20ac\u2122s")
    note = products(small, "title")[2][-1]
    assert note.startswith(
        "warning: catalogue.csv: 2 values look like UTF-8 that was read in another encoding, the first"
    )
    assert "in row 3: 'caf\u00c3\u00a9'" in note


def test_attributes_are_kept_under_their_names_and_lists_of_all_rows(tmp_path):
    text = 'product_id,title,Size,Weight (kg)\na,Mug,S,1.2\nb,Cup,,0.2\na,Mug,"M, L",1.4\n'
    (tmp_path / "catalogue.csv").write_text(text, encoding="utf-8")
    dataset = read(tmp_path, CsvSettings(group=True, attributes={"size:list": "size", "weight": "Weight (kg)"}))
    assert dataset.attributes == ["size", "weight"]
    assert rows(dataset.products, "product_id", "size", "weight") == [("a", '["S", "M", "L"]', "1.2"), ("b", "", "0.2")]


def test_an_attribute_that_the_file_lacks_or_that_has_a_meaning_is_refused(tmp_path):
    (tmp_path / "catalogue.csv").write_text("product_id,title\na,Mug\n")
    with pytest.raises(DataError, match="column 'size' is missing; the file has 'product_id', 'title'"):
        list(read(tmp_path, CsvSettings(attributes={"size": ""})).products)
    with pytest.raises(ConfigError, match="--attribute price: a name has lower-case letters"):
        CsvSettings(attributes={"price": ""})

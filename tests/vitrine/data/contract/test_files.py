from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.data.columns import CATALOGUE
from vitrine.data.contract.files import (
    CATALOGUE_SCHEMA,
    Summary,
    check,
    iter_catalogue,
    judgement_records,
    product_ids,
    read_catalogue,
    read_judgements,
    write_catalogue,
    write_judgements,
)
from vitrine.data.contract.rules import WRONG_ENCODING
from vitrine.errors import DataError

CATALOGUE_HEADER = ",".join(CATALOGUE)
JUDGEMENTS_HEADER = "query_id,query,product_id,esci_label"
PRODUCT = {"product_id": "007", "title": "Red mug", "image": "mug.png", "price": 4.5}
TRAIN = {"query_id": "1", "query": "red mug", "product_id": "007", "esci_label": "E"}
EVAL = {"query_id": "2", "query": "blue mug", "product_id": "007", "esci_label": "S"}


@pytest.fixture
def data_dir(tmp_path):
    write_catalogue(tmp_path, pa.Table.from_pylist([PRODUCT, {"product_id": "b"}], CATALOGUE_SCHEMA))
    write_judgements(tmp_path, "train", pa.Table.from_pylist([TRAIN]))
    write_judgements(tmp_path, "eval", pa.Table.from_pylist([EVAL]))
    return tmp_path


def put(data_dir, file: str, *lines: str) -> str:
    """Replace a file's lines, and return the path as in messages."""
    path = data_dir / file
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def refusal(call, *arguments) -> str:
    with pytest.raises(DataError) as error:
        call(*arguments)
    return str(error.value)


def test_what_is_written_is_read_again(data_dir):
    empty = dict.fromkeys(CATALOGUE, "")
    assert read_catalogue(data_dir).to_pylist() == [empty | PRODUCT, empty | {"product_id": "b", "price": None}]
    assert read_judgements(data_dir, "train").to_pylist() == [TRAIN | {"source": ""}]
    assert read_catalogue(data_dir).schema == CATALOGUE_SCHEMA


def test_judgements_are_read_without_the_catalogue_where_its_products_are_known(data_dir):
    (data_dir / "catalogue" / "products.csv").unlink()
    assert read_judgements(data_dir, "train", {"007"}).num_rows == 1
    assert refusal(read_judgements, data_dir, "train", set()).endswith("product_id '007' is not in the catalogue")


def test_where_queries_come_from_may_be_said_or_not(data_dir):
    write_judgements(data_dir, "train", pa.Table.from_pylist([TRAIN | {"source": "behavioral"}]))
    assert read_judgements(data_dir, "train")["source"].to_pylist() == ["behavioral"]
    put(data_dir, "judgements/train/judgements.csv", JUDGEMENTS_HEADER, ",".join(TRAIN.values()))
    assert read_judgements(data_dir, "train")["source"].to_pylist() == [""]


TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)


@given(titles=st.lists(TEXT, min_size=1, max_size=5), price=st.none() | st.floats(0, 1e9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_on_one_line(tmp_path, titles, price):
    rows = [{"product_id": str(n), "title": title, "price": price} for n, title in enumerate(titles)]
    write_catalogue(tmp_path, pa.Table.from_pylist(rows, CATALOGUE_SCHEMA))
    table = read_catalogue(tmp_path)
    assert table["price"].to_pylist() == [price] * len(titles)
    for wrote, read in zip(titles, table["title"].to_pylist(), strict=True):
        assert [word for line in wrote.splitlines() for word in printable(line).split(" ") if word] == [
            word for word in read.split(" ") if word
        ]
    lines = (tmp_path / "catalogue" / "products.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(titles)


def printable(text: str) -> str:
    return "".join(" " if character < " " or "\x7f" <= character <= "\x9f" else character for character in text)


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_escape_as_another_error(data_dir, data):
    for file in ("catalogue/products.csv", "judgements/eval/judgements.csv"):
        path = data_dir / file
        whole = path.read_bytes()
        for broken in (data, whole + data, whole.split(b"\n")[0] + b"\n" + data):
            path.write_bytes(broken)
            with suppress(DataError):
                check(data_dir)
        path.write_bytes(whole)


FIELD = st.sampled_from(["007", "b", "", " ", '"', '"x', "E", "é", "1", "-1", "nan", "../a", "1e400", "x" * 5000])


@given(st.lists(st.lists(FIELD, min_size=8, max_size=10).map(",".join), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_rows_escape_as_another_error(data_dir, lines):
    put(data_dir, "catalogue/products.csv", CATALOGUE_HEADER, *lines)
    with suppress(DataError):
        assert read_catalogue(data_dir).schema == CATALOGUE_SCHEMA


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",Mug,,,,,,,", "product_id '' is empty"),
        (" 8,Mug,,,,,,,", "product_id ' 8' has white space around it"),
        (".,Mug,,,,,,,", "product_id '.' cannot stand in an address; give the product another id"),
        ("..,Mug,,,,,,,", "product_id '..' cannot stand in an address; give the product another id"),
        ("8,Mug,,,,,,,-1", "price '-1' is not a decimal number of 0 or more"),
        ("8,Mug,,,,,,,nan", "price 'nan' is not a decimal number of 0 or more"),
        ("8,Mug,,,,,,,1e309", "price '1e309' is not a decimal number of 0 or more"),
        ("8,Mug,,,,,../../etc/passwd,,", "image '../../etc/passwd' leads out of the image root"),
        ('8,Mug,,,,,,"[""a.jpg"", ""../b.jpg""]",', """views '["a.jpg", "../b.jpg"]' leads out of the image root"""),
        ("8,Mug,,,,,,a.jpg,", """views 'a.jpg' is not a JSON list of paths or addresses, such as ["a.jpg", "b.jpg"]"""),
        ("8,Mug", "2 fields where the header has 9: '8,Mug'"),
        ('8,"Mug\nred",,,,,,,', r"title 'Mug\nred' contains a line break or control character"),
        ("8,Men\x92s mug,,,,,,,", rf"title 'Men\x92s mug' {WRONG_ENCODING}"),
        ("7,Mug,,,,,,,", "product_id '7' is already taken"),
    ],
)
def test_each_broken_rule_of_the_catalogue_names_its_place(data_dir, line, message):
    path = put(data_dir, "catalogue/products.csv", CATALOGUE_HEADER, "7,,,,,,,,", line)
    assert refusal(read_catalogue, data_dir) == f"{path}:3: {message}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("3,red cup,007,X", "esci_label 'X' is not one of E, S, C, I"),
        ("3,red cup,absent,E", "product_id 'absent' is not in the catalogue"),
        ("3,  ,007,E", "query '  ' is empty"),
        (",red cup,007,E", "query_id '' is empty"),
        ("2,blue mug,007,E", "product_id '007' is already judged for this query"),
        ("2,other mug,b,E", "query 'other mug' is not the text that its query_id had before"),
    ],
)
def test_each_broken_rule_of_the_judgements_names_its_place(data_dir, line, message):
    path = put(data_dir, "judgements/eval/judgements.csv", JUDGEMENTS_HEADER, "2,blue mug,007,S", line)
    assert refusal(read_judgements, data_dir, "eval") == f"{path}:3: {message}"


@pytest.mark.parametrize("weight", ["0", "-1", "1.01", "nan", "inf", "much", "1,0", "0x1"])
def test_a_weight_is_a_number_above_0_and_up_to_1(data_dir, weight):
    header = f"{JUDGEMENTS_HEADER},weight"
    path = put(data_dir, "judgements/train/judgements.csv", header, "1,red mug,007,E,1", f'1,red mug,b,E,"{weight}"')
    message = f"{path}:3: weight {weight!r} is not a decimal number above 0 and up to 1"
    assert refusal(read_judgements, data_dir, "train") == message


def test_a_weight_may_be_left_out(data_dir):
    rows = "1,red mug,007,E,", "1,red mug,b,S,0.25"
    put(data_dir, "judgements/train/judgements.csv", f"{JUDGEMENTS_HEADER},weight", *rows)
    assert read_judgements(data_dir, "train").num_rows == 2
    records = [records.table["weight"].to_pylist() for records in judgement_records(data_dir, "train")]
    assert records == [["", "0.25"]]


def test_the_first_broken_row_is_the_one_that_is_named(data_dir):
    path = put(data_dir, "catalogue/products.csv", CATALOGUE_HEADER, "7,,,,,,,,x", "8")
    assert refusal(read_catalogue, data_dir) == f"{path}:2: price 'x' is not a decimal number of 0 or more"


def test_long_values_are_cut_in_messages(data_dir):
    put(data_dir, "catalogue/products.csv", CATALOGUE_HEADER, "7,,,,,,," + "9" * 500 + "x")
    assert len(refusal(read_catalogue, data_dir)) < 250


def test_ids_are_unique_over_all_files(data_dir):
    path = put(
        data_dir, "catalogue/second.csv", "title,product_id,description,brand,color,category,image", "Mug,b,,,,,"
    )
    assert refusal(read_catalogue, data_dir) == f"{path}:2: product_id 'b' is already taken"


def test_the_price_column_may_be_missing(data_dir):
    put(data_dir, "catalogue/products.csv", "product_id,title,description,brand,color,category,image", "9,,,,,,")
    assert read_catalogue(data_dir)["price"].to_pylist() == [None]


def test_a_missing_folder_says_what_writes_it(tmp_path):
    message = refusal(read_catalogue, tmp_path)
    assert message.startswith(f"{tmp_path / 'catalogue'} is not a folder; `vitrine prepare`")
    (tmp_path / "catalogue").mkdir()
    assert "has no *.csv file" in refusal(read_catalogue, tmp_path)


def test_an_unknown_split_is_a_fault_of_the_caller(data_dir):
    with pytest.raises(ValueError, match="split 'test' is not one of train, eval"):
        read_judgements(data_dir, "test")


def test_the_summary_counts(data_dir):
    assert check(data_dir) == Summary(
        products=2,
        with_text=1,
        with_image=1,
        queries={"train": 1, "eval": 1},
        judgements={"train": 1, "eval": 1},
        labels={"train": {"E": 1, "S": 0, "C": 0, "I": 0}, "eval": {"E": 0, "S": 1, "C": 0, "I": 0}},
        judged_by={"people": 2},
    )


@pytest.mark.parametrize("query", ["red mug", "Red  MUG"])
def test_a_query_in_both_splits_is_refused(data_dir, query):
    path = put(data_dir, "judgements/eval/judgements.csv", JUDGEMENTS_HEADER, f"3,{query},b,E")
    assert refusal(check, data_dir) == (
        f"{path}:2: query {query!r} is in the other split too; split by query, never by row"
    )


def test_a_query_id_in_both_splits_is_refused(data_dir):
    put(data_dir, "judgements/eval/judgements.csv", JUDGEMENTS_HEADER, "1,green mug,b,E")
    assert "query 'green mug' is not the text that its query_id had before" in refusal(check, data_dir)


def test_large_catalogues_come_in_blocks(data_dir, monkeypatch):
    monkeypatch.setattr("vitrine.data.formats.csv_reading.BLOCK_BYTES", 1024)
    write_catalogue(data_dir, pa.table({"product_id": [f"p{n}" for n in range(1_000)]}))
    assert len(list(iter_catalogue(data_dir))) > 5
    assert product_ids(data_dir) == {f"p{n}" for n in range(1_000)}


def test_a_failed_write_leaves_the_old_file(data_dir):
    def tables():
        yield pa.table({"product_id": ["new"]})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_catalogue(data_dir, tables())
    assert read_catalogue(data_dir)["product_id"].to_pylist() == ["007", "b"]


def test_a_row_that_the_pipeline_could_not_read_is_refused(tmp_path):
    text = "x" * (1 << 20)
    row = {"product_id": "1", "title": text, "description": text + "y" * (1 << 19)}
    write_catalogue(tmp_path, pa.Table.from_pylist([row], CATALOGUE_SCHEMA))
    assert read_catalogue(tmp_path).num_rows == 1
    row["brand"] = text
    write_catalogue(tmp_path, pa.Table.from_pylist([row], CATALOGUE_SCHEMA))
    with pytest.raises(DataError, match=r"products.csv:2: product_id '1' has a row of more than 3 MB"):
        read_catalogue(tmp_path)

import gzip

import pytest

from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.tables.qrels import is_qrels, read_qrels
from vitrine.errors import DataError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "qrels").write_text("1 0 a 3\n1\tQ0\tb\t-1\n\n2 0 a\n9 0 a 1\n", encoding="utf-8")
    (tmp_path / "queries.tsv").write_text("1\tred mug\n2\tlamp\n", encoding="utf-8")
    return tmp_path


def test_grades_come_with_the_texts_of_their_queries(folder):
    (records,) = read_qrels(folder / "qrels", folder / "queries.tsv", Dialect(), [])
    columns = ("query_id", "query", "product_id", "esci_label")
    assert [tuple(row.values()) for row in records.table.select(columns).to_pylist()] == [
        ("1", "red mug", "a", "3"),
        ("1", "red mug", "b", "-1"),
    ]
    assert records.rows.to_pylist() == [1, 2]
    assert [str(fault).removeprefix(str(folder)) for fault in records.faults] == [
        "/qrels:4: 3 fields instead of 4: '2 0 a'",
        "/qrels:5: query_id '9' is not in queries.tsv",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1 0 a 3\n", True), ("q-1\t0\tB00\t1.5\r\n", True), ("query,product_id,esci_label\n", False), ("", False)],
)
def test_the_first_line_shows_the_form(tmp_path, text, expected):
    (tmp_path / "a").write_text(text, newline="")
    assert is_qrels(tmp_path / "a", Dialect()) is expected


def test_without_texts_of_the_queries_one_line_says_so(folder):
    with pytest.raises(DataError, match=r"qrels: TREC's judgements have no texts of queries; .* --queries-file$"):
        list(read_qrels(folder / "qrels", None, Dialect(), []))


@pytest.mark.parametrize(
    ("text", "message"),
    [("1 red mug\n", r":1: has no text after a tab: '1 red mug'"), ("1\ta\n1\tb\n", r":2: query '1' is already taken")],
)
def test_malformed_queries_are_refused(folder, text, message):
    (folder / "queries.tsv").write_text(text)
    with pytest.raises(DataError, match=message):
        list(read_qrels(folder / "qrels", folder / "queries.tsv", Dialect(), []))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"no gzip",
        lambda data: data[: len(data) // 2],
        lambda data: data[: len(data) // 2] + b"\xff" * 40 + data[len(data) // 2 + 40 :],
    ],
)
@pytest.mark.parametrize("name", ["qrels", "queries.tsv"])
def test_a_damaged_compressed_file_is_refused(folder, name, damage):
    lines = "".join(f"{row}\tlamp {row * row}\n" for row in range(2_000))
    (folder / "queries.tsv").write_text(lines, encoding="utf-8")
    (folder / "qrels").write_text("".join(f"{row} 0 p{row * row} 1\n" for row in range(2_000)), encoding="utf-8")
    files = {known: folder / known for known in ("qrels", "queries.tsv")}
    files[name] = folder / f"{name}.gz"
    files[name].write_bytes(damage(gzip.compress((folder / name).read_bytes())))
    with pytest.raises(DataError, match=rf"{name}.gz: damaged or cut off: .* download the file again$"):
        list(read_qrels(files["qrels"], files["queries.tsv"], Dialect(), []))


def test_a_compressed_feed_is_no_list_of_judgements(tmp_path):
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(b"1 0 a 3\n"))
    assert not is_qrels(tmp_path / "a.xml.gz", Dialect())


WINDOWS = Dialect(encoding="cp1252", options=True)


@pytest.mark.parametrize("name", ["qrels", "queries.tsv"])
def test_lines_in_another_encoding_are_refused_by_file_and_row(folder, name):
    (folder / "queries.tsv").write_text("1\tred mug\ncaf\u00e9\tcaf\u00e9\n", encoding="utf-8")
    (folder / "qrels").write_text("1 0 a 3\ncaf\u00e9 0 caf\u00e9 1\n", encoding="utf-8")
    (folder / name).write_bytes((folder / name).read_text(encoding="utf-8").encode("cp1252"))
    message = rf"{name}:2: .* is not in the encoding utf-8; files of Windows are read with --encoding cp1252$"
    with pytest.raises(DataError, match=message):  # noqa: PT012 - faults of judgements come with their block
        for records in read_qrels(folder / "qrels", folder / "queries.tsv", Dialect(options=True), []):
            raise DataError(str(records.faults[0]))
    notes: list[str] = []
    (records,) = read_qrels(folder / "qrels", folder / "queries.tsv", WINDOWS, notes)
    assert records.table["query"].to_pylist() == ["red mug", "caf\u00e9"]
    assert records.table["product_id"].to_pylist() == ["a", "caf\u00e9"]
    (other,) = {"qrels", "queries.tsv"} - {name}
    assert notes == [f"{other}: read as utf-8, which it is, and not cp1252"]

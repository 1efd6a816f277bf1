import pytest

from tests.vitrine.judging.shop import write_shop
from vitrine.data.contract.files import read_catalogue
from vitrine.errors import DataError
from vitrine.judging.queries import generated_queries, given_queries


def test_queries_are_the_lines_of_a_text_file_each_once(tmp_path):
    file = tmp_path / "queries.txt"
    file.write_text("Red  mug\n\nlämp\nred mug\n", encoding="utf-8-sig")
    assert given_queries(file) == ["Red mug", "lämp"]


def test_queries_are_a_column_of_a_csv_file(tmp_path):
    file = tmp_path / "queries.csv"
    file.write_text('count,query\n7,"mug, red"\n3,lamp\n')
    assert given_queries(file) == ["mug, red", "lamp"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("q.txt", b"\n \n", "there is no query; give one per line"),
        ("q.txt", b"mug\n" + b"x" * 501, "q.txt:2: 'xxx"),
        ("q.txt", b"m\xfcg\n", "not UTF-8 at byte 1"),
        ("q.csv", b"text\nmug\n", "column 'query' is missing"),
        ("q.csv", b"query\nm\xfcg\n", "is not UTF-8 at byte 1"),
    ],
)
def test_files_without_queries_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        given_queries(tmp_path / name)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.txt: No such file"):
        given_queries(tmp_path / "none.txt")


def test_generated_queries_are_those_of_the_rules_and_do_not_depend_on_their_number(tmp_path):
    catalogue = read_catalogue(write_shop(tmp_path / "data"))
    many = generated_queries(catalogue, 1_000, tmp_path)
    assert {"mug", "red mug"} <= set(many)
    few = generated_queries(catalogue, 10, tmp_path)
    assert len(few) == 10
    assert set(few) <= set(many)

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.data.adapters.crowdflower import read
from vitrine.data.contract.rules import JudgementRules, ProductRules
from vitrine.errors import DataError

HEADER = "id,query,product_title,product_description,median_relevance,relevance_variance"


@pytest.fixture
def folder(tmp_path):
    def write(*lines: str):
        (tmp_path / "judgements.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
        return tmp_path

    return write


def columns(records, *names):
    return list(zip(*(records.table[name].to_pylist() for name in names), strict=True))


def test_grades_become_labels(folder):
    lines = [f"{grade},mug,Mug {grade},,{grade},0.0" for grade in (1, 2, 3, 4)]
    dataset = read(folder(*lines))
    (judgements,) = dataset.judgements
    assert judgements.table["esci_label"].to_pylist() == ["I", "C", "S", "E"]
    assert dataset.images is None


def test_texts_are_cleaned(folder):
    (products,) = read(folder('1,mug,Mug &amp; <b>Saucer</b>,"Holds\n300&nbsp;ml",4,0')).products
    assert columns(products, "title", "description") == [("Mug & Saucer", "Holds 300 ml")]


def test_identical_products_are_one_and_keep_their_id(folder):
    lines = ["1,mug,Mug,Red,4,0", "2,cup,Mug,Red ,3,0", "3,cup,Mug,Blue,3,0"]
    dataset = read(folder(*lines))
    (products,), (judgements,) = dataset.products, dataset.judgements
    red, blue = products.table["product_id"].to_pylist()
    assert columns(judgements, "query", "product_id") == [("mug", red), ("cup", red), ("cup", blue)]
    again = read(folder(*reversed(lines))).products[0]
    assert sorted(again.table["product_id"].to_pylist()) == sorted([red, blue])


def test_a_pair_judged_twice_keeps_the_grade_with_most_agreement(folder):
    dataset = read(folder("1,mug,Mug,Red,4,0.9", "2,mug,Mug,Red,2,0.1", "3,mug,Mug,Red,1,0.1"))
    (judgements,) = dataset.judgements
    assert columns(judgements, "esci_label") == [("C",)]


def test_an_unknown_grade_is_named_as_in_the_file(folder):
    path = folder("1,mug,Mug,Red,4,0", "2,mug,Cup,Red,5,0")
    dataset = read(path)
    (products,), (judgements,) = dataset.products, dataset.judgements
    _, faults = JudgementRules(set(products.table["product_id"].to_pylist())).admit(judgements)
    assert [str(fault) for fault in faults] == [
        f"{path}/judgements.csv:3: median_relevance '5' is not one of E, S, C, I"
    ]


def test_a_file_without_rows_has_no_products(folder):
    (products,) = read(folder()).products
    assert products.table.num_rows == 0


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_bytes_escape_as_another_error(tmp_path, data):
    for start in (b"", f"{HEADER}\n".encode(), f"{HEADER}\n1,mug,Mug,Red,4,0\n1,mug,".encode()):
        (tmp_path / "judgements.csv").write_bytes(start + data)
        with suppress(DataError):
            dataset = read(tmp_path)
            ProductRules().admit(dataset.products[0])
            JudgementRules(set()).admit(dataset.judgements[0])

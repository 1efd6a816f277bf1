import pyarrow as pa
import pytest

from vitrine.data.tables.labels import LabelMap

GRADES = LabelMap.of({"2.5..": "E", "1.5..2.5": "S", "..0.5": "I", "1": "C"})


@pytest.mark.parametrize(
    ("value", "label"),
    [("3", "E"), ("2.5", "E"), ("2.49", "S"), ("1.0", "C"), ("0", "I"), ("-1", "I"), ("0.7", "0.7"), ("E", "E")],
)
def test_numbers_have_the_label_of_the_first_range_that_has_them(value, label):
    assert GRADES.label(value) == label


@pytest.mark.parametrize(("value", "label"), [("e", "E"), ("Substitute", "S"), ("3", "3"), ("", "")])
def test_letters_and_names_need_no_map(value, label):
    assert LabelMap.of({}).label(value) == label


def test_a_column_is_mapped_value_by_value():
    mapped = LabelMap.of({"good": "E"}).labels(pa.chunked_array([["good", "bad"], ["good"]]))
    assert mapped.to_pylist() == ["E", "bad", "E"]


@pytest.mark.parametrize(
    ("values", "label"), [(["3", "2"], "E"), (["0", "1"], "I"), (["2", "1"], "S"), (["3", "3", "0"], "S")]
)
def test_the_mean_of_grades_has_the_label_of_the_nearest_range(values, label):
    assert GRADES.mean(values) == label


@pytest.mark.parametrize(
    ("values", "label"), [(["E", "S"], "S"), (["E", "E", "S"], "E"), (["E", "I"], "C"), (["exact"], "E")]
)
def test_the_mean_of_labels_is_that_of_their_ranks_and_half_is_less(values, label):
    assert LabelMap.of({}).mean(values) == label

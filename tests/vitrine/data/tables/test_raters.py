from pathlib import Path

import pyarrow as pa
import pytest

from vitrine.data.formats.records import Records
from vitrine.data.tables.labels import LabelMap
from vitrine.data.tables.raters import merge_raters


def judged(*rows: str) -> Records:
    """Build records from rows of query, product and label in a word."""
    columns = zip(*(tuple(row) for row in rows), strict=True)
    table = pa.table(dict(zip(("query_id", "product_id", "esci_label"), map(list, columns), strict=True)))
    return Records(table, Path("a.csv"), pa.array(range(2, 2 + len(rows)), pa.int64()))


@pytest.mark.parametrize(("raters", "label"), [("first", "I"), ("vote", "E"), ("mean", "S")])
def test_judgements_of_a_pair_become_one_at_its_first_row(raters, label):
    merged, further = merge_raters(judged("q1I", "q2S", "q1E", "q1E"), raters, LabelMap.of({}))
    assert merged.table["esci_label"].to_pylist() == [label, "S"]
    assert merged.rows.to_pylist() == [2, 3]
    assert further == 2


def test_a_vote_without_a_majority_goes_to_the_less_relevant_label():
    merged, _ = merge_raters(judged("q1E", "q1I", "q1S", "q1E", "q1I"), "vote", LabelMap.of({}))
    assert merged.table["esci_label"].to_pylist() == ["I"]


@pytest.mark.parametrize("raters", ["first", "vote", "mean"])
def test_values_without_a_label_stay_for_the_rules(raters):
    merged, further = merge_raters(judged("q1E", "q1X", "q1X", "q1E"), raters, LabelMap.of({}))
    assert merged.table["esci_label"].to_pylist() == ["E", "X", "X"]
    assert further == 1


def test_no_rows_stay_none():
    empty = judged("q1E")
    empty = Records(empty.table.slice(1), empty.path, empty.rows.slice(1))
    assert merge_raters(empty, "vote", LabelMap.of({}))[0].table.num_rows == 0

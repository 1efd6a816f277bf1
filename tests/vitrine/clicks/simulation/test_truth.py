from pathlib import Path

import pytest

from tests.vitrine.clicks.shop import truth, write_data
from vitrine.clicks.simulation.truth import lexical_ranking, read_truth
from vitrine.data.contract.splits import is_eval
from vitrine.errors import DataError

LABELS = truth(20)


def test_the_judgements_of_the_splits_are_the_truth(tmp_path: Path) -> None:
    data = write_data(tmp_path, LABELS)
    assert read_truth(data, ("train", "eval")) == LABELS
    assert set(read_truth(data, ("eval",))) == {query for query in LABELS if is_eval(query)}


def test_the_judged_products_are_ranked_by_shared_words(tmp_path: Path) -> None:
    data = write_data(tmp_path, {"thing p7": {"p1": "I", "p7": "E", "p2": "S"}, "other": {"x": "E"}})
    labels = read_truth(data, ("train",) if not is_eval("thing p7") else ("eval",))
    ranking = lexical_ranking(data, labels)("thing p7")
    assert ranking[0] == "p7"
    assert sorted(ranking) == ["p1", "p2", "p7"]


def test_nothing_to_replay_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_truth(write_data(tmp_path, LABELS, ()), ("train",))

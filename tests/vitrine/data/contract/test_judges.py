import pyarrow as pa
import pytest

from vitrine.data.contract.judges import caveat, judged_by, without_clicks


def test_judgements_are_counted_by_their_judge():
    sources = ["", "behavioral", "derived", "llm:small", "llm:small", "llm:large", "llm"]
    assert judged_by(pa.table({"source": sources})) == {"people": 3, "llm:small": 2, "derived": 1, "llm:large": 1}
    assert judged_by(pa.table({"query": ["red mug"] * 3})) == {"people": 3}


@pytest.mark.parametrize(
    ("counts", "phrase"),
    [
        ({}, None),
        ({"people": 4}, None),
        ({"derived": 4}, "judged by rules over the catalogue, not by people"),
        ({"llm:small": 4}, "judged by the language model small, not by people"),
        ({"clicks": 1, "people": 3}, "judged 25% by clicks of shoppers, not by people"),
        ({"derived": 1, "people": 3}, "judged 25% by rules over the catalogue, not by people"),
        (
            {"llm:small": 1, "derived": 1, "people": 2},
            "judged 25% by the language model small and 25% by rules over the catalogue, not by people",
        ),
    ],
)
def test_judgements_that_are_not_peoples_are_said_to_be_so(counts, phrase):
    assert caveat(counts) == phrase


@pytest.mark.parametrize(
    ("sources", "left"),
    [
        (["clicks", "clicks"], 2),
        (["clicks", "derived"], 2),
        (["clicks", "", "web"], 2),
        (["clicks", "llm:small"], 1),
        (["derived", "web"], 2),
    ],
)
def test_clicks_measure_nothing_where_people_or_a_language_model_judged(sources, left):
    table = pa.table({"source": sources})
    assert without_clicks(table).num_rows == left


def test_without_a_source_all_judgements_are_peoples():
    assert without_clicks(pa.table({"query": ["mug"]})).num_rows == 1

"""Labels as a span beside the judgements of people, clicks and rules."""

import pyarrow as pa
import pytest

from tests.vitrine.judging.shop import ENVIRONMENT, label_of, settings, sources
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID, SOURCE
from vitrine.data.contract.files import read_judgements, write_judgements
from vitrine.data.contract.spans import span_numbers
from vitrine.data.contract.splits import is_eval
from vitrine.judging.run import judge_span

QUERIES = ("red mug", "blue lamp", "green chair", "black scarf", "red rug", "blue kettle")


@pytest.fixture
def queries(tmp_path):
    file = tmp_path / "queries.txt"
    file.write_text("\n".join(QUERIES))
    return file


def write(data, split, *rows):
    columns = (QUERY_ID, QUERY, PRODUCT_ID, ESCI_LABEL, SOURCE)
    write_judgements(data, split, pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True))))


@pytest.fixture
def judged_data(data):
    """The shop with judgements of people, rules and clicks; `RED  Mug` is in the split that its hash does not give."""
    split, other = ("train", "eval") if is_eval("red mug") else ("eval", "train")
    write(data, split, ("17", "RED  Mug", "red-mug", "I", "survey"), ("17", "RED  Mug", "blue-mug", "S", "derived"))
    write(data, other, ("18", "blue lamp", "blue-lamp", "I", "clicks"))
    return data


def rows(data):
    return {
        (row[QUERY].lower().replace("  ", " "), row[PRODUCT_ID]): row | {"split": split}
        for split in ("train", "eval")
        for row in read_judgements(data, split).to_pylist()
    }


def test_a_span_has_what_nobody_has_judged_and_known_queries_keep_id_and_split(judged_data, endpoint, queries):
    before = rows(judged_data)
    result = judge_span(sources(judged_data, queries=queries), settings(endpoint), ENVIRONMENT)
    assert span_numbers(judged_data, "judgements") == [1]
    after = rows(judged_data)
    assert result.judged == result.pairs == len(after) - 1  # the pair of people was not asked
    assert after["red mug", "red-mug"] | {QUERY: "RED  Mug"} == before["red mug", "red-mug"]
    for pair, label in ((("red mug", "blue-mug"), "S"), (("blue lamp", "blue-lamp"), "E")):
        assert (after[pair][SOURCE], after[pair][ESCI_LABEL]) == ("llm:small", label)
        assert (after[pair][QUERY_ID], after[pair]["split"]) == (before[pair][QUERY_ID], before[pair]["split"])
    asked = {(question["query"], product["title"]) for question in endpoint.asked for product in question["products"]}
    assert ("red mug", "Red mug") not in asked
    assert result.summary is not None


def test_the_same_queries_again_ask_nothing_and_write_nothing(judged_data, endpoint, queries):
    judge_span(sources(judged_data, queries=queries), settings(endpoint), ENVIRONMENT)
    endpoint.asked.clear()
    again = judge_span(sources(judged_data, queries=queries), settings(endpoint), ENVIRONMENT)
    assert (again.pairs, again.judged, again.summary, endpoint.asked) == (0, 0, None, [])
    assert span_numbers(judged_data, "judgements") == [1]


def test_a_budget_that_ends_is_continued_by_the_next_span(judged_data, endpoint, queries):
    first = judge_span(sources(judged_data, queries=queries), settings(endpoint, budget__requests=2), ENVIRONMENT)
    assert first.spent.stopped
    second = judge_span(sources(judged_data, queries=queries), settings(endpoint), ENVIRONMENT)
    assert span_numbers(judged_data, "judgements") == [1, 2]
    assert first.judged + second.judged == first.pairs
    labels = {pair: row[ESCI_LABEL] for pair, row in rows(judged_data).items() if row[SOURCE] == "llm:small"}
    titles = {product: product.replace("-", " ").capitalize() for _, product in labels}
    assert labels == {pair: label_of(pair[0], {"title": titles[pair[1]]}) for pair in labels}

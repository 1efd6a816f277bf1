import logging
import re
from pathlib import Path

import pyarrow as pa
import pytest
from starlette.responses import JSONResponse, Response

from benchmarks.label_endpoint import TOKENS, LabelEndpoint, noisy, pair_key, served
from tests.vitrine.judging.shop import ENVIRONMENT, KEY, PRODUCTS, label_of, settings, sources
from vitrine.data.contract.files import read_catalogue, read_judgements, write_judgements
from vitrine.data.prepare import prepare
from vitrine.errors import ConfigError, DataError, NetworkError
from vitrine.files.locking import exclusive
from vitrine.judging.requests import product_texts
from vitrine.judging.run import Judged, judge, measure_agreement

TITLES = {product["product_id"]: {"title": product["title"]} for product in PRODUCTS}


def judged(data: Path, endpoint: LabelEndpoint, queries: Path | None = None, **values) -> Judged:
    return judge(sources(data, queries=queries), settings(endpoint, **values), data, ENVIRONMENT)


def rows(data: Path) -> list[dict[str, str]]:
    return [row for split in ("train", "eval") for row in read_judgements(data, split).to_pylist()]


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_labels_become_judgements_that_prepare_reads(data, endpoint, tmp_path, provider):
    result = judged(data, endpoint, endpoint__provider=provider)
    written = rows(data)
    assert result.pairs == result.judged == len(written) > 0
    assert all(row["esci_label"] == label_of(row["query"], TITLES[row["product_id"]]) for row in written)
    assert {row["source"] for row in written} == {"llm:small"}
    assert result.summary is not None
    assert result.summary.judged_by == {"llm:small": len(written)}
    assert (result.spent.unanswered, result.spent.stopped) == (0, "")
    assert prepare("sample", data, tmp_path / "out").summary == result.summary


def test_a_request_has_several_products_of_one_query_with_their_texts_in_an_order_that_hides_ranks(data, endpoint):
    judged(data, endpoint, products_per_call=4, candidates=8, description_characters=20)
    assert {len(question["products"]) for question in endpoint.asked} <= {1, 2, 3, 4}
    first = endpoint.asked[0]["products"][0]
    assert list(first) == ["number", "title", "description", "color", "category"]
    assert len(first["description"]) <= 20
    orders = [[product["title"] for product in question["products"]] for question in endpoint.asked]
    endpoint.asked.clear()
    data.with_name("labels.jsonl").unlink()
    judged(data, endpoint, products_per_call=4, candidates=8, description_characters=20)
    again = [[product["title"] for product in question["products"]] for question in endpoint.asked]
    assert sorted(again) == sorted(orders)
    endpoint.asked.clear()
    judged(data, endpoint, products_per_call=4, candidates=8, description_characters=21, seed=1)
    other = [[product["title"] for product in question["products"]] for question in endpoint.asked]
    assert sorted(other) != sorted(orders)


def test_given_queries_are_judged_and_no_others(data, endpoint, tmp_path):
    file = tmp_path / "queries.txt"
    file.write_text("".join(f"{colour} {thing}\n" for colour in ("red", "blue") for thing in ("mug", "lamp", "rug")))
    judged(data, endpoint, queries=file)
    assert {row["query"] for row in rows(data)} == {*file.read_text().splitlines()}


def test_what_is_labelled_is_not_asked_again(data, endpoint):
    first = judged(data, endpoint)
    again = judged(data, endpoint)
    assert first.spent.requests > 0
    assert (again.spent.requests, again.judged) == (0, first.judged)
    more = judged(data, endpoint, candidates=20)
    assert 0 < sum(len(question["products"]) for question in endpoint.asked) == more.judged
    another = judged(data, endpoint, endpoint__model="large")
    assert another.spent.requests == first.spent.requests


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"budget__requests": 3}, "the budget of 3 requests is spent"),
        ({"budget__tokens": 3 * TOKENS}, "the budget of 300 tokens is spent"),
    ],
)
def test_a_spent_budget_keeps_what_is_judged_and_the_next_command_continues(data, endpoint, limit, message):
    part = judged(data, endpoint, concurrency=1, **limit)
    assert (part.spent.requests, part.spent.stopped) == (3, message)
    assert part.spent.tokens == 3 * TOKENS
    assert 0 < part.judged < part.pairs
    whole = judged(data, endpoint)
    assert whole.judged == whole.pairs
    assert whole.spent.requests < len(endpoint.asked)


def test_a_budget_that_reaches_one_split_only_writes_nothing_yet(data, endpoint):
    part = judged(data, endpoint, concurrency=1, budget__requests=1)
    assert part.summary is None
    assert not (data / "judgements").exists()


def test_tokens_are_estimated_where_the_endpoint_counts_none(data, endpoint):
    endpoint.counts_tokens = False
    assert judged(data, endpoint).spent.tokens > 100 * len(endpoint.asked)


WITHOUT_TEXT = [
    JSONResponse({"choices": [{"message": {"content": None}}], "usage": {"total_tokens": 5_000}}),
    JSONResponse({"choices": [], "usage": {"total_tokens": 5_000}}),
]


@pytest.mark.parametrize("answer", WITHOUT_TEXT)
def test_tokens_of_answers_without_text_are_of_the_budget(data, endpoint, answer):
    endpoint.first = [answer]
    part = judged(data, endpoint, concurrency=1, budget__tokens=5_000 + TOKENS)
    assert (part.spent.tokens, len(endpoint.asked)) == (5_000 + TOKENS, 1)


def test_answers_may_be_as_long_as_the_tokens_that_are_allowed(data, endpoint):
    endpoint.first = ['{"labels": [{"number": 1, "label": "E"}]}' + " " * (900 << 10)]
    result = judged(data, endpoint, endpoint__max_tokens=65_536, products_per_call=1)
    assert result.judged == result.pairs == result.spent.requests


def test_an_answer_that_is_too_large_is_paid_once_and_stops_no_others(data, endpoint):
    endpoint.first = [Response(b" " * (65 << 10))]
    result = judged(data, endpoint, concurrency=1)
    assert 0 < result.spent.unanswered == result.pairs - result.judged
    assert result.spent.requests == 1 + len(endpoint.asked)
    assert result.spent.tokens == 2048 + TOKENS * len(endpoint.asked)


def test_a_cache_that_a_kill_cut_short_is_read_up_to_the_cut(data, endpoint):
    first = judged(data, endpoint)
    cache = data.with_name("labels.jsonl")
    lines = cache.read_bytes().splitlines(keepends=True)
    assert len(lines) == first.judged
    cache.write_bytes(b"".join(lines[:-2]) + lines[-2][:25])
    endpoint.asked.clear()
    assert judged(data, endpoint).judged == first.judged
    assert sum(len(question["products"]) for question in endpoint.asked) == 2


BUSY = Response(status_code=503)
LATER = Response(status_code=429, headers={"retry-after": "1"})
NO_JSON = "I would say they are all exact."
UNKNOWN_LABEL = '{"labels": [{"number": 1, "label": "good"}]}'


@pytest.mark.parametrize("first", [BUSY, LATER, NO_JSON, UNKNOWN_LABEL, Response(b"{}"), '{"labels": []}'])
def test_a_busy_endpoint_and_a_bad_answer_are_asked_again(data, endpoint, first):
    endpoint.first = [first]
    result = judged(data, endpoint)
    assert result.judged == result.pairs
    assert result.spent.requests == len(endpoint.asked) + 1


def test_products_without_a_usable_answer_stay_unjudged_and_are_asked_for_by_the_next_command(data, endpoint):
    endpoint.first = [NO_JSON, NO_JSON]
    result = judged(data, endpoint, attempts=2, concurrency=1)
    assert 0 < result.spent.unanswered == result.pairs - result.judged
    again = judged(data, endpoint)
    assert again.judged == again.pairs


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([Response(status_code=401)], "the model small failed: status 401; what is judged is kept"),
        ([BUSY, BUSY], "the model small failed: status 503; what is judged is kept"),
        ([Response(status_code=429, headers={"retry-after": "3600"})], "the model small failed: status 429"),
        ([NO_JSON] * 10, "gave no usable answer 5 times in a row: answer is not JSON; another endpoint.structured"),
    ],
)
def test_an_endpoint_that_refuses_fails_or_cannot_is_one_line(data, endpoint, answers, message):
    endpoint.first = answers
    with pytest.raises(NetworkError, match=re.escape(message)) as caught:
        judged(data, endpoint, attempts=2, concurrency=1)
    assert str(caught.value).startswith(f"{endpoint.url}: ")
    assert caught.value.exit_code == 2
    assert not (data / "judgements").exists()


def test_an_endpoint_that_cannot_be_reached_is_one_line(data):
    with served(LabelEndpoint(label_of)) as stopped:
        pass
    with pytest.raises(NetworkError, match="connection failed: ConnectError"):
        judged(data, stopped, attempts=1)


def test_the_key_is_in_the_header_alone(data, endpoint, caplog):
    caplog.set_level(logging.DEBUG)
    judged(data, endpoint)
    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"
    kept = [path.read_text(errors="replace") for path in data.parent.rglob("*") if path.is_file()]
    assert not [text for text in (*kept, caplog.text, str(endpoint.bodies)) if KEY in text]
    with pytest.raises(ConfigError, match=r"^endpoint\.api_key_env: the environment variable MODEL_KEY is not set"):
        judge(sources(data), settings(endpoint), data, {})


def test_judgements_of_people_are_never_replaced(data, endpoint, tmp_path):
    table = pa.table({"query_id": ["q"], "query": ["mug"], "product_id": ["red-mug"], "esci_label": ["E"]})
    write_judgements(data, "train", table)
    write_judgements(data, "eval", table)
    with pytest.raises(DataError, match=r"has judgements of people or rules .* write to another folder with --output"):
        judged(data, endpoint)
    output = tmp_path / "labelled"
    judge(sources(data), settings(endpoint), output, ENVIRONMENT)
    assert read_catalogue(output).equals(read_catalogue(data))
    assert {row["source"] for row in rows(output)} == {"llm:small"}
    judge(sources(data), settings(endpoint), output, ENVIRONMENT)  # its own judgements are


def test_an_output_with_other_files_is_refused(data, endpoint, tmp_path):
    output = tmp_path / "photographs"
    output.mkdir()
    (output / "cat.jpg").write_bytes(b"")
    with pytest.raises(DataError, match="holds something that `vitrine judge` did not write"):
        judge(sources(data), settings(endpoint), output, ENVIRONMENT)
    assert [path.name for path in output.iterdir()] == ["cat.jpg"]


def test_two_commands_do_not_share_a_cache(data, endpoint):
    cache = data.with_name("labels.jsonl")
    cache.touch()
    with exclusive(cache), pytest.raises(DataError, match="another command judges with it"):
        judged(data, endpoint)


@pytest.mark.parametrize(("noise", "low", "high"), [(0.0, 1.0, 1.0), (0.3, 0.4, 0.8)])
def test_agreement_with_people_is_measured_on_their_pairs(data, noise, low, high):
    with served(LabelEndpoint(label_of)) as people:
        judged(data, people)
    texts = product_texts(read_catalogue(data), set(TITLES), 300)
    labels = {pair_key(row["query"], texts[row["product_id"]]): row["esci_label"] for row in rows(data)}
    for split in ("train", "eval"):
        table = read_judgements(data, split)
        write_judgements(data, split, table.set_column(4, "source", pa.array(["survey"] * table.num_rows)))
    before = rows(data)
    with served(LabelEndpoint(noisy(labels, noise))) as model:
        result = measure_agreement(sources(data), settings(model, endpoint__model="noisy"), ENVIRONMENT)
    assert result.agreement is not None
    assert (result.agreement.pairs, result.summary) == (len(before), None)
    assert low <= result.agreement.kappa <= high
    assert sum(map(sum, result.agreement.confusion)) == len(before)
    assert rows(data) == before


def test_agreement_takes_judgements_of_people(data, endpoint):
    judged(data, endpoint)
    with pytest.raises(DataError, match=r"none of its .* judgements is by people"):
        measure_agreement(sources(data), settings(endpoint), ENVIRONMENT)

import json
import multiprocessing
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from tests.vitrine.clicks.shop import quality, truth, write_data, write_log
from vitrine.clicks import writing
from vitrine.clicks.filters import leave_out
from vitrine.clicks.judged import pairs_of
from vitrine.clicks.learning import Sources, learn
from vitrine.clicks.reading import read_log
from vitrine.clicks.relevance import learn_relevance
from vitrine.clicks.report import Learned
from vitrine.clicks.settings import FilterSettings, LearningSettings
from vitrine.data.contract.files import check, judgement_records
from vitrine.data.contract.splits import is_eval
from vitrine.errors import DataError
from vitrine.labels import CLASS_IDS

LABELS = truth(60)
SETTINGS = LearningSettings()


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("events"), LABELS)


def written(output: Path, split: str = "train") -> list[dict[str, str]]:
    return [
        row
        for records in judgement_records(output, split)  # type: ignore[arg-type]
        for row in records.table.to_pylist()
        if row["source"] == "clicks"
    ]


def ranked(events: Path, filters: FilterSettings = SETTINGS.filters) -> tuple[float, float]:
    """Return nDCG@10 of the learnt relevance, and of raw click-through rates, on all pairs that were shown."""
    seen = leave_out(read_log(events), filters, 20).impressions
    relevance, _ = learn_relevance(seen, float(seen.time.max()), SETTINGS)
    _, pair = np.unique(seen.keys, return_inverse=True)
    rate = np.bincount(pair, seen.clicked) / np.bincount(pair)
    pairs = pairs_of(relevance)
    return quality(LABELS, pairs, relevance.value), quality(LABELS, pairs, rate)


@pytest.mark.parametrize("model", ["pbm", "cascade", "dbn"])
def test_learnt_relevance_ranks_better_than_click_through_rates(tmp_path: Path, model: str) -> None:
    learnt, raw = ranked(write_log(tmp_path, LABELS, model=model, searches=12_000))
    assert learnt > raw


def test_programs_in_a_fifth_of_the_searches_do_not_turn_it(tmp_path: Path) -> None:
    clean, _ = ranked(write_log(tmp_path / "clean", LABELS, searches=8_000))
    mixed, _ = ranked(write_log(tmp_path / "mixed", LABELS, searches=10_000, bots=0.2))
    tolerant = FilterSettings(bot_per_minute=10**6, bot_per_day=10**6, bot_click_share=1)
    fooled, _ = ranked(tmp_path / "mixed", tolerant)
    assert abs(clean - mixed) < 0.02
    assert fooled < mixed  # without the filter they do


def test_people_are_outranked_by_nobody(tmp_path: Path, events: Path) -> None:
    queries = sorted(LABELS)
    judged = set(queries[::2])
    data = write_data(tmp_path / "data", LABELS, judged)
    learned = learn(Sources(events, data), SETTINGS, data)
    rows = written(data)
    assert learned.judgements == len(rows) > 100
    assert {row["query"] for row in rows} == {query for query in queries if query not in judged and not is_eval(query)}
    assert not written(data, "eval")
    assert learned.not_written.already_judged > 100
    assert learned.not_written.in_judged_eval_split > 0
    assert check(data).judged_by["clicks"] == len(rows)
    assert all(0 < float(row["weight"]) <= 1 for row in rows)
    assert {row["esci_label"] for row in rows} == {"E", "S", "I"}
    true = [CLASS_IDS[LABELS[row["query"]][row["product_id"]]] for row in rows]
    given = [CLASS_IDS[row["esci_label"]] for row in rows]
    right = np.mean(abs(np.subtract(true, given)) <= 1)
    assert right > 0.85


def test_without_people_both_splits_are_learnt(tmp_path: Path, events: Path) -> None:
    data = write_data(tmp_path / "data", LABELS, ())
    learned = learn(Sources(events, data), SETTINGS, data)
    assert learned.thresholds_from == "defaults"
    assert learned.mixture.weight == 1
    for split in ("train", "eval"):
        queries = {row["query"] for row in written(data, split)}
        assert queries
        assert all(is_eval(query) == (split == "eval") for query in queries)


def test_spans_of_one_split_can_be_followed_by_others(tmp_path: Path, events: Path) -> None:
    data = write_data(tmp_path / "data", LABELS, ())
    learn(Sources(events, data), SETTINGS, data)
    shutil.rmtree(data / "judgements" / "span-1" / "eval")
    learned = learn(Sources(events, data), SETTINGS, data)
    assert learned.not_written.already_judged == 0  # clicks do not stop clicks


def test_agreement_is_measured_with_people(tmp_path: Path, events: Path) -> None:
    data = write_data(tmp_path / "data", LABELS)
    learned = learn(Sources(events, data), SETTINGS, tmp_path / "out")
    assert learned.thresholds_from == "people"
    assert learned.agreement is not None
    assert learned.agreement.kappa > 0.6
    assert learned.agreement.pairs > 100
    assert (learned.judgements, learned.output) == (0, "")  # people have judged all pairs
    assert not (tmp_path / "out").exists()


def test_the_next_span_is_written_with_its_report(tmp_path: Path, events: Path) -> None:
    output = tmp_path / "out"
    for number in (1, 2):
        learned = learn(Sources(events), SETTINGS, output)
        folder = output / "judgements" / f"span-{number}"
        report = json.loads((folder / writing.JSON).read_text())
        assert report["written"] == learned.written
        text = (folder / writing.MARKDOWN).read_text()
        assert f"{learned.judgements:,} judgements from" in text
        assert learned.model.chosen in text


def test_products_that_left_the_catalogue_are_left_out(tmp_path: Path, events: Path) -> None:
    some = dict(list(LABELS.items())[:30])
    data = write_data(tmp_path / "data", some, ())
    learned = learn(Sources(events, data), SETTINGS, data)
    assert learned.not_written.not_in_catalogue > 0
    assert {row["query"] for row in written(data)} <= set(some)
    check(data)


def test_known_queries_keep_their_ids(tmp_path: Path, events: Path) -> None:
    first = {query: dict(list(row.items())[:3]) for query, row in LABELS.items()}
    data = write_data(tmp_path / "data", LABELS, ())
    people = write_data(tmp_path / "people", first)
    (people / "judgements").rename(data / "judgements")
    learn(Sources(events, data), SETTINGS, data)
    assert {(row["query_id"], row["query"]) for row in written(data)} <= {(f"id {query}", query) for query in LABELS}


def test_support_and_users_decide(tmp_path: Path, events: Path) -> None:
    settings = LearningSettings.model_validate({"relevance": {"support": 1e6}})
    learned = learn(Sources(events), settings, tmp_path / "out")
    assert learned.not_written.too_little_support == learned.pairs
    few = LearningSettings.model_validate({"relevance": {"support": 0, "users": 10_000}})
    assert learn(Sources(events), few, tmp_path / "out").not_written.too_few_users == learned.pairs


def test_a_log_without_a_click_that_counts_says_why(tmp_path: Path, events: Path) -> None:
    settings = LearningSettings.model_validate({"filters": {"own_users": ["u*"]}})
    with pytest.raises(DataError, match=r"no click that counts .*own tests 6,000"):
        learn(Sources(events), settings, tmp_path / "out")


def _killed_while_it_writes(events: Path, output: Path) -> None:
    def to_markdown(_: Learned) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    Learned.to_markdown = to_markdown  # type: ignore[method-assign]  # in the process that dies
    learn(Sources(events), SETTINGS, output)


def test_a_killed_command_leaves_no_span(tmp_path: Path, events: Path) -> None:
    output = tmp_path / "out"
    process = multiprocessing.get_context("fork").Process(target=_killed_while_it_writes, args=(events, output))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not list((output / "judgements").glob("span-*"))
    learned = learn(Sources(events), SETTINGS, output)
    assert len(written(output)) == sum(learned.written["train"].values())

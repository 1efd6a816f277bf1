import os
from pathlib import Path

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv

from vitrine.labels import CLASS_IDS, GAINS, LABELS
from vitrine.metrics.ranking import METRICS, Judgements, Run, compare_runs, evaluate, judged_pools, per_query


def ndcg_reference(ranked_gains: list[float], all_gains: list[float], k: int | None = None) -> float:
    """nDCG written out: linear gains, 1/log2(rank + 1)."""

    def dcg(gains: list[float]) -> float:
        return sum(gain / np.log2(rank + 2) for rank, gain in enumerate(gains[:k]))

    ideal = dcg(sorted(all_gains, reverse=True))
    return dcg(ranked_gains) / ideal if ideal else 0.0


def pool(labels: str, query: str = "q") -> Judgements:
    return Judgements.from_labels([query] * len(labels), [f"p{i}" for i in range(len(labels))], list(labels))


def ranked(judgements: Judgements, order: list[int]) -> Run:
    return Run.from_top([judgements.query_id[0]], [[judgements.product_id[i] for i in order]])


def test_ndcg_uses_the_label_gains_linearly():
    values = per_query(pool("SEI"), ranked(pool("SEI"), [0, 1, 2]), ["ndcg"])
    assert values["ndcg"][0] == pytest.approx((0.1 + 1 / np.log2(3)) / (1 + 0.1 / np.log2(3)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_ndcg_equals_the_formula_for_any_order(labels, random):
    judgements = pool("".join(labels))
    order = list(range(len(labels)))
    random.shuffle(order)
    values = per_query(judgements, ranked(judgements, order), ["ndcg", "ndcg@10"])
    gains = [GAINS[CLASS_IDS[label]] for label in labels]
    assert values["ndcg"][0] == pytest.approx(ndcg_reference([gains[i] for i in order], gains), abs=1e-9)
    assert values["ndcg@10"][0] == pytest.approx(ndcg_reference([gains[i] for i in order], gains, 10), abs=1e-9)


def test_only_exact_products_are_relevant_to_mrr_recall_and_precision():
    judgements = pool("SCEIE")
    values = per_query(judgements, ranked(judgements, [0, 1, 2, 3, 4]), METRICS)
    assert values["mrr"][0] == pytest.approx(1 / 3)
    assert values["recall@1"][0] == 0
    assert values["recall@5"][0] == 1
    assert values["precision@10"][0] == pytest.approx(0.2)  # always divided by ten


def test_an_ideal_order_scores_one_and_a_query_with_nothing_to_find_scores_zero():
    judgements = Judgements.from_labels(["a", "a", "b", "b"], ["1", "2", "1", "2"], ["E", "I", "I", "I"])
    run = Run.from_columns(judgements.query_id, judgements.product_id, [0.9, 0.1, 0.9, 0.1])
    estimates = evaluate(judgements, run)
    assert per_query(judgements, run, ["ndcg"])["ndcg"].tolist() == [1.0, 0.0]
    assert estimates["ndcg"].value == 0.5
    assert estimates["mrr"].value == 0.5


def test_an_unanswered_query_scores_zero_and_an_unjudged_one_is_left_out():
    judgements = Judgements.from_labels(["a", "b"], ["1", "1"], ["E", "E"])
    run = Run.from_top(["a", "elsewhere"], [["1"], ["1"]])
    assert per_query(judgements, run, ["mrr"])["mrr"].tolist() == [1.0, 0.0]
    empty = Run.from_top([], [])
    assert per_query(judgements, empty, ["ndcg@10"])["ndcg@10"].tolist() == [0.0, 0.0]


def test_unjudged_products_push_the_judged_ones_down():
    run = Run.from_top(["q"], [["unknown", "p0"]])
    assert per_query(pool("E"), run, ["ndcg@10"])["ndcg@10"][0] == pytest.approx(1 / np.log2(3))


def test_missing_relevant_products_count_in_the_ideal():
    assert per_query(pool("EE"), Run.from_top(["q"], [["p0"]]), ["recall@10"])["recall@10"][0] == 0.5


def test_ties_do_not_depend_on_the_order_of_rows():
    judgements = pool("EEEEEIIIIIISSSCCCEIE")
    tied = Run.from_columns(judgements.query_id, judgements.product_id, np.zeros(20))
    reversed_rows = Run(tied.query_id[::-1], tied.product_id[::-1], tied.score)
    first, second = (per_query(judgements, run, METRICS) for run in (tied, reversed_rows))
    assert all(np.array_equal(first[metric], second[metric]) for metric in METRICS)
    assert first["ndcg"][0] < 0.95  # the file's own order, exact ones first, brings nothing


def test_nan_scores_rank_last():
    judgements = pool("EI")
    run = Run.from_columns(judgements.query_id, judgements.product_id, [np.nan, -5])
    assert per_query(judgements, run, ["mrr"])["mrr"][0] == 0.5


def test_a_pair_judged_twice_counts_once_with_its_higher_gain():
    judgements = Judgements.from_labels(["q", "q"], ["p", "p"], ["S", "E"])
    assert per_query(judgements, Run.from_top(["q"], [["p"]]), ["ndcg", "recall@1"])["ndcg"][0] == 1.0


def test_swapped_gains_can_be_asked_for():
    swapped = Judgements.from_labels(["q", "q"], ["s", "c"], ["S", "C"], gains=(0.0, 0.1, 0.01, 1.0))
    assert per_query(swapped, Run.from_top(["q"], [["c", "s"]]), ["ndcg"])["ndcg"][0] == 1.0


def test_an_unknown_metric_is_named():
    with pytest.raises(ValueError, match="map@10"):
        per_query(pool("E"), Run.from_top(["q"], [["p0"]]), ["map@10"])


def test_compare_runs_finds_the_better_one():
    queries = [f"q{i}" for i in range(40)]
    judgements = Judgements.from_labels(np.repeat(queries, 2), ["p0", "p1"] * 40, ["E", "I"] * 40)
    good = Run.from_columns(judgements.query_id, judgements.product_id, [1, 0] * 40)
    bad = Run.from_columns(judgements.query_id, judgements.product_id, [0, 1] * 40)
    comparison = compare_runs(judgements, good, bad)
    assert comparison.difference.value == pytest.approx(1 - 1 / np.log2(3))
    assert comparison.p_value < 0.001
    assert compare_runs(judgements, good, good).p_value == 1.0


@pytest.mark.skipif("VITRINE_REAL_DATA" not in os.environ, reason="VITRINE_REAL_DATA does not name the real data")
def test_real_pools_score_as_the_formula_says():
    path = Path(os.environ["VITRINE_REAL_DATA"]) / "crowdflower" / "judgements.csv"
    rows = csv.read_csv(path).select(["query", "median_relevance"])
    labels = ["ICSE"[relevance - 1] for relevance in rows["median_relevance"].to_pylist()]
    queries, products = rows["query"].to_pylist(), [f"p{i}" for i in range(rows.num_rows)]
    judgements = Judgements.from_labels(queries, products, labels)
    scores = np.random.default_rng(0).random(rows.num_rows)
    values = per_query(judgements, Run.from_columns(queries, products, scores), ["ndcg", "ndcg@10"])
    for at, query in enumerate(judgements.queries):
        mine = np.flatnonzero(judgements.query_id == query)
        gains = judgements.gain[mine]
        ranked_gains = gains[np.argsort(-scores[mine])].tolist()
        assert values["ndcg"][at] == pytest.approx(ndcg_reference(ranked_gains, gains.tolist()))
        assert values["ndcg@10"][at] == pytest.approx(ndcg_reference(ranked_gains, gains.tolist(), 10))


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("ESCI"), st.booleans()), min_size=1, max_size=30), min_size=1, max_size=6
    ),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=50)
def test_trec_eval_says_the_same_of_random_runs(pools: list[list[tuple[str, bool]]], seed: int) -> None:
    """Pools of judged products, of which a run finds some, among products that nobody judged."""
    rows = [(f"q{q}", f"p{p}", label, found) for q, pool in enumerate(pools) for p, (label, found) in enumerate(pool)]
    query, product, label, _ = (list(column) for column in zip(*rows, strict=True))
    judgements = Judgements.from_labels(query, product, label)
    unjudged = [(f"q{q}", f"x{n}") for q in range(len(pools)) for n in range(3)]
    answered = [*((q, p) for q, p, _, there in rows if there), *unjudged]
    scores = np.random.default_rng(seed).permutation(len(answered)).astype(float)  # no ties: each breaks them its way
    run = Run.from_columns(*map(list, zip(*answered, strict=True)), scores)

    levels = {q: {} for q in query}
    for q, p, gain in zip(query, product, judgements.gain, strict=True):
        levels[q][p] = round(gain * 100)
    ranked: dict[str, dict[str, float]] = {}
    for (q, p), score in zip(answered, scores, strict=True):
        ranked.setdefault(q, {})[p] = float(score)
    trec = {"ndcg": "ndcg", "ndcg@10": "ndcg_cut_10", "mrr": "recip_rank", "recall@5": "recall_5",
            "recall@10": "recall_10", "precision@10": "P_10"}  # fmt: skip
    measures = {"ndcg", "ndcg_cut", "recip_rank", "recall", "P"}
    theirs = pytrec_eval.RelevanceEvaluator(levels, measures, relevance_level=100).evaluate(ranked)
    ours = per_query(judgements, run, list(trec))
    for at, q in enumerate(judgements.queries):
        for metric, name in trec.items():
            assert ours[metric][at] == pytest.approx(theirs[q][name], abs=1e-9), (q, metric)


def test_a_sample_keeps_whole_queries_and_depends_on_the_seed_alone():
    judged = Judgements.from_labels(list("aabbcc"), list("123456"), list("ESCIES"))
    assert judged.sample(3, seed=0) is judged
    sample = judged.sample(2, seed=0)
    assert len(sample.queries) == 2
    assert [query for query in "aabbcc" if query in sample.queries] == sample.query_id.tolist()
    assert judged.sample(2, seed=0).queries == sample.queries


def test_judgements_know_their_pools_and_what_an_ideal_ranking_reaches() -> None:
    judgements = Judgements.from_labels(["a", "a", "b"], ["1", "2", "1"], ["C", "I", "I"])
    assert judgements.pools == {"a": {"1", "2"}, "b": {"1"}}
    assert judgements.share_with_gain == 0.5
    ideal = Run(judgements.query_id, judgements.product_id, judgements.gain)
    assert evaluate(judgements, ideal)["ndcg@10"].value == judgements.share_with_gain


def test_judgements_of_some_products_leave_out_queries_without_any() -> None:
    judgements = Judgements.from_labels(["a", "a", "b"], ["1", "2", "1"], ["E", "I", "S"])
    assert judgements.of_products({"2"}).pools == {"a": {"2"}}
    assert np.isnan(judgements.of_products(set()).share_with_gain)


def test_pools_are_measured_by_one_score_after_another_as_if_alone():
    rng = np.random.default_rng(0)
    queries, products = ([f"{name}{i}" for i in rng.integers(0, most, 200)] for name, most in (("q", 9), ("p", 30)))
    judged = Judgements.from_labels(queries, products, rng.choice(list(LABELS), 200).tolist())
    pools = judged_pools(judged)
    for scores in (rng.random(200), rng.choice([0, 1, np.nan], 200)):
        alone = per_query(judged, Run.from_columns(queries, products, scores))
        together = pools.measure(scores, METRICS)
        assert {metric: values.tolist() for metric, values in together.items()} == {
            metric: values.tolist() for metric, values in alone.items()
        }

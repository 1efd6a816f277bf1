import json

import numpy as np
import pytest

from vitrine.benchmark.figure import draw
from vitrine.benchmark.measure import (
    RANDOM,
    SWAPPED_GAINS,
    catalogue_figures,
    label_figures,
    published_figures,
    ranking_figures,
)
from vitrine.benchmark.scoring import ScoredRanking
from vitrine.benchmark.slices import query_slices
from vitrine.benchmark.text import as_markdown
from vitrine.metrics.ranking import Run, evaluate


@pytest.fixture(scope="module")
def scored(world) -> dict[str, ScoredRanking]:
    split = world.held_out
    first = [world.products.ids[:3]] * len(split.ids)
    perfect = ScoredRanking(split.label.astype(float), Run.from_top(split.ids, first), depth=10)
    return {"perfect": perfect, "reverse": ScoredRanking(-split.label.astype(float))}


@pytest.fixture(scope="module")
def ranked(world, scored):
    return ranking_figures(world.held_out, scored, query_slices(world.held_out, world.products))


def test_the_pools_metrics_are_those_of_the_library(world, scored, ranked) -> None:
    split = world.held_out
    assert set(ranked["pools"]) == {RANDOM, "perfect", "reverse"}
    for name, ranking in scored.items():
        expected = evaluate(split.judgements(), split.run(ranking.pool))
        assert ranked["pools"][name] == {metric: estimate.to_dict() for metric, estimate in expected.items()}
    assert ranked["pools"]["perfect"]["ndcg@10"]["value"] == 1


def test_any_two_rankings_are_compared(ranked) -> None:
    pairs = {(pair["first"], pair["second"]): pair for pair in ranked["compared"]}
    assert set(pairs) == {(RANDOM, "perfect"), (RANDOM, "reverse"), ("perfect", "reverse")}
    assert pairs["perfect", "reverse"]["difference"]["value"] > 0.2
    assert pairs["perfect", "reverse"]["p_value"] < 0.02


def test_slices_have_their_own_means(ranked) -> None:
    assert ranked["slices"]["source about shoe"]["queries"] == 4
    assert ranked["slices"]["source about shoe"]["ndcg@10"]["perfect"]["value"] == 1


def test_swapped_gains_are_those_of_the_published_script(world, scored) -> None:
    assert SWAPPED_GAINS == (0.0, 0.1, 0.01, 1.0)  # I, C, S, E
    published = published_figures(world.held_out, scored)
    # One exact product, three substitutes, one irrelevant: in reverse order the exact one is fifth.
    discount = 1 / np.log2(np.arange(2, 7))
    ideal = discount[0] + 0.01 * discount[1:4].sum()
    assert published["reverse"]["ndcg"]["value"] == pytest.approx((0.01 * discount[1:4].sum() + discount[4]) / ideal)


def test_unjudged_products_are_counted(world, scored) -> None:
    split = world.held_out
    (row,) = catalogue_figures(split, scored).values()
    pairs = set(zip(split.pairs.query_id, split.product_ids, strict=True))
    shown = [(query, product) for query in split.ids for product in world.products.ids[:3]]
    assert row["unjudged@10"] == np.mean([pair not in pairs for pair in shown]) > 0
    assert {"ndcg@10", "recall@10"} < set(row)
    assert "recall@100" not in row  # the ranking has ten products


def test_labels_and_substitutes(world) -> None:
    split = world.held_out
    exact = np.eye(4)[np.full(len(split.label), 3)]
    figures = label_figures(world.train, split, {"right": np.eye(4)[split.label], "always exact": exact})
    assert (figures["right"]["accuracy"], figures["right"]["task_3"]) == (1.0, {"f1": 1.0, "micro_f1": 1.0})
    # Of five judgements three are substitutes, and none is found.
    assert figures["always exact"]["task_3"] == {"f1": 0.0, "micro_f1": pytest.approx(0.4)}
    assert figures["majority class"]["accuracy"] == pytest.approx(0.6)


def test_the_markdown_has_every_section(world, scored, ranked, tmp_path) -> None:
    figures = {
        "name": "shop",
        "counts": {
            "products": 20,
            "queries": {"train": 8, "validation": 8, "eval": 8},
            "judgements": {"train": 40, "eval": 40},
        },
        "rankings": ranked,
        "catalogue": catalogue_figures(world.held_out, scored),
        "labels": label_figures(world.train, world.held_out, {}),
        "published": published_figures(world.held_out, scored),
        "seconds": 1.0,
    }
    text = as_markdown(json.loads(json.dumps(figures, allow_nan=False)))
    assert "Best by nDCG@10: **perfect**; significantly better than every other" in text
    assert "| perfect      | 1.000 [1.000, 1.000] |" in text
    assert "ESCI cross-encoder, fine-tuned" in text
    draw(figures, tmp_path / "benchmark.png")
    assert (tmp_path / "benchmark.png").read_bytes().startswith(b"\x89PNG")

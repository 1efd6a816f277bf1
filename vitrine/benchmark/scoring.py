"""The scores of every ranking for the held-out queries: of their judged pools, and of the whole catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.benchmark.catalogue import NO_PRODUCT, TopProducts, search
from vitrine.benchmark.rankers import Rankers
from vitrine.benchmark.reranking import fit_reranker, log_odds
from vitrine.benchmark.split import Floats, Split
from vitrine.metrics.ranking import Run
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.exported_model import ExportedModel

SEARCH_MODEL: Final = "search model, as served"

Probabilities = npt.NDArray[np.floating]
PairModel = Callable[[JudgedPairs], Probabilities]
"""A pair model: gives class probabilities [P, 4]; `gain` and `query_id` of the pairs are not read."""


@dataclass(frozen=True)
class ScoredRanking:
    """The scores of one ranking.

    Attributes:
        pool: the scores of the judged pools, [P].
        catalogue: the best `depth` products of the whole catalogue; None for a ranking of judged pools only.
        blend: the pair model's share of the score, if one re-ranks.
    """

    pool: Floats
    catalogue: Run | None = None
    depth: int = 0
    blend: float | None = None


def score_rankings(
    rankers: Rankers,
    models: Mapping[str, PairModel],
    validation: Split,
    held_out: Split,
    candidates: int,
    served: ExportedModel | None = None,
) -> dict[str, ScoredRanking]:
    """Score every ranking, each re-ranked by every pair model, each pair model alone, and the search model.

    `validation` holds train queries that no pair model was trained on: blends are chosen there. A pair model alone
    ranks the judged pools only; of the whole catalogue, it re-ranks a ranking's first `candidates`.
    """
    ids = np.array(rankers.products.ids, object)
    progress.note(f"ranking {len(held_out.ids)} held-out queries")
    pools, tuning = rankers.of_pairs(held_out), rankers.of_pairs(validation)
    tops = search(rankers, held_out, candidates)
    scored = {name: ScoredRanking(pools[name], top.run(held_out, ids), candidates) for name, top in tops.items()}
    for label, model in models.items():
        progress.note(f"re-ranking with the {label}")
        of_validation, of_held_out = model(validation.pairs), model(held_out.pairs)
        of_candidates = _probabilities(model, held_out, tops)
        for name, top in tops.items():
            rerank = fit_reranker(validation, tuning[name], of_validation)
            run = top.reordered(rerank(top.score, of_candidates(top))).run(held_out, ids)
            scored[f"{name} + {label}"] = ScoredRanking(rerank(pools[name], of_held_out), run, candidates, rerank.blend)
        scored[label] = ScoredRanking(log_odds(of_held_out))
    if served:
        texts = [held_out.texts[index] for index in held_out.query]
        run = Run.from_top(held_out.ids, [list(results) for results in served.search(held_out.texts).product_id])
        pool = served.score(texts, held_out.product_ids.tolist()).astype(np.float64)
        scored[SEARCH_MODEL] = ScoredRanking(pool, run, served.top_k)
    return scored


def _probabilities(
    model: PairModel, split: Split, tops: Mapping[str, TopProducts]
) -> Callable[[TopProducts], Probabilities]:
    """Run the model once per distinct pair of query and candidate; return a look-up of the results, [Q, K, 4]."""
    cells = [_cells(top) for top in tops.values()]
    present = [cell[top.rows != NO_PRODUCT] for cell, top in zip(cells, tops.values(), strict=True)]
    distinct = np.unique(np.concatenate(present))
    query, row = distinct % len(split.ids), distinct // len(split.ids)
    texts, vectors = np.array(split.texts, object), split.vectors
    pairs = JudgedPairs(np.array(split.ids, object)[query], texts[query], vectors, query, row, np.zeros(len(row)))
    probabilities = model(pairs)

    def look_up(top: TopProducts) -> Probabilities:
        return probabilities[np.minimum(np.searchsorted(distinct, _cells(top)), len(distinct) - 1)]

    return look_up


def _cells(top: TopProducts) -> npt.NDArray[np.int64]:
    """Return a number per pair of query and product, int64 [Q, K]; negative for `NO_PRODUCT`."""
    count = len(top.rows)
    return top.rows * count + np.arange(count)[:, None]

"""Every ranking of the held-out queries: of their judged pools, and of the whole catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.benchmark.catalogue import NOTHING, Top, search
from vitrine.benchmark.rankers import Rankers
from vitrine.benchmark.reranking import fit_reranker, log_odds
from vitrine.benchmark.split import Floats, Split
from vitrine.metrics.ranking import Run
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.exported_model import ExportedModel

SEARCH_MODEL: Final = "search model, as served"

Probabilities = npt.NDArray[np.floating]
PairModel = Callable[[JudgedPairs], Probabilities]
"""Class probabilities [P, 4] of pairs; their `gain` and `query_id` are not read."""


@dataclass(frozen=True)
class Scored:
    """One ranking: the judged pools' scores [P]; of the whole catalogue, where it searches that, the best `depth`; and
    the model's share of the score where one re-ranks.
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
) -> dict[str, Scored]:
    """Every ranking, each re-ranked by every model of pairs, each such model alone, and the search model.

    `validation` holds train queries that no model of pairs was trained on: blends are chosen there. A model alone
    orders the judged pools only; of the whole catalogue, a ranking's first `candidates` are re-ranked.
    """
    ids = np.array(rankers.products.ids, object)
    progress.note(f"ranking {len(held_out.ids)} held-out queries")
    pools, tuning = rankers.of_pairs(held_out), rankers.of_pairs(validation)
    tops = search(rankers, held_out, candidates)
    scored = {name: Scored(pools[name], top.run(held_out, ids), candidates) for name, top in tops.items()}
    for label, model in models.items():
        progress.note(f"re-ranking with the {label}")
        known, judged = model(validation.pairs), model(held_out.pairs)
        of_candidates = _probabilities(model, held_out, tops)
        for name, top in tops.items():
            rerank = fit_reranker(validation, tuning[name], known)
            run = top.reordered(rerank(top.score, of_candidates(top))).run(held_out, ids)
            scored[f"{name} + {label}"] = Scored(rerank(pools[name], judged), run, candidates, rerank.blend)
        scored[label] = Scored(log_odds(judged))
    if served:
        texts = [held_out.texts[one] for one in held_out.query]
        run = Run.from_top(held_out.ids, [list(hits) for hits in served.search(held_out.texts).product_id])
        pool = served.score(texts, held_out.product_ids.tolist()).astype(np.float64)
        scored[SEARCH_MODEL] = Scored(pool, run, served.top_k)
    return scored


def _probabilities(model: PairModel, split: Split, tops: Mapping[str, Top]) -> Callable[[Top], Probabilities]:
    """Ask the model once for each distinct pair of a query and a candidate; the answer looks them up, [Q, K, 4]."""
    cells = [_cells(top) for top in tops.values()]
    given = [cell[top.rows != NOTHING] for cell, top in zip(cells, tops.values(), strict=True)]
    distinct = np.unique(np.concatenate(given))
    query, row = distinct % len(split.ids), distinct // len(split.ids)
    texts, vectors = np.array(split.texts, object), split.vectors
    pairs = JudgedPairs(np.array(split.ids, object)[query], texts[query], vectors, query, row, np.zeros(len(row)))
    found = model(pairs)

    def look_up(top: Top) -> Probabilities:
        return found[np.minimum(np.searchsorted(distinct, _cells(top)), len(distinct) - 1)]

    return look_up


def _cells(top: Top) -> npt.NDArray[np.int64]:
    """A number for each pair of query and product, int64 [Q, K]; those of `NOTHING` are negative."""
    count = len(top.rows)
    return top.rows * count + np.arange(count)[:, None]

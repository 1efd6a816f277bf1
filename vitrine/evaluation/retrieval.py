"""Searches of the whole catalogue for held-out queries: the search model beside BM25 and the served version."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.baselines.bm25 import Bm25
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.formats.arrow import objects
from vitrine.evaluation.metrics_file import CondensedFigures, Difference, Retrieval, ServedFigures
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.metrics.condensed import Ranked, condense, unjudged_share
from vitrine.metrics.figures import RankingFigures
from vitrine.metrics.ranking import Judgements, Run, per_query
from vitrine.search.exported_model import ExportedModel

SEARCHES: Final = 5_000
"""Largest number of held-out queries with which the whole catalogue is searched. The intervals show what remains
uncertain."""
SEED: Final = 0
_GATED: Final = "ndcg@10"

Values = Mapping[str, npt.NDArray[np.float64]]
"""Each metric of each query, float64 [Q]."""


@dataclass(frozen=True)
class HeldOutQueries:
    """The held-out queries that search the whole catalogue, with their judgements and their texts by query id."""

    judged: Judgements
    text: Mapping[str, str]

    @classmethod
    def sample(cls, held_out: pa.Table) -> "HeldOutQueries":
        """Take all held-out queries, or `SEARCHES` of them."""
        ids, products, labels, texts = (objects(held_out[name]) for name in (QUERY_ID, PRODUCT_ID, ESCI_LABEL, QUERY))
        judged = Judgements.from_labels(ids, products, labels).sample(SEARCHES, SEED)
        text = dict(zip(ids.tolist(), texts.tolist(), strict=True))
        return cls(judged, {query: text[query] for query in judged.queries})

    def search(self, model: ExportedModel) -> Ranked:
        """Return the results of a search model."""
        results = model.search(list(self.text.values())).product_id.tolist()
        return dict(zip(self.text, results, strict=True))

    def search_bm25(self, bm25: Bm25, depth: int) -> Ranked:
        """Return the first `depth` results of BM25."""
        return dict(zip(self.text, bm25.search(list(self.text.values()), depth), strict=True))


def retrieval_figures(judged: Judgements, model: Ranked, bm25: Ranked) -> Retrieval:
    """Measure the results of the search model and of BM25, with and without unjudged products."""
    pools = judged.pools
    unjudged = {"bm25": unjudged_share(bm25, pools), "search_model": unjudged_share(model, pools)}
    values = {"bm25": _values(judged, bm25), "search_model": _values(judged, model)}
    condensed = {name: _values(judged, condense(ranked, pools)) for name, ranked in (("bm25", bm25), ("model", model))}
    without_unjudged: CondensedFigures = {
        "bm25": _figures(condensed["bm25"]),
        "search_model": _figures(condensed["model"]),
        "against": {"bm25": _difference(condensed["model"], condensed["bm25"])},
    }
    return {
        "queries": len(judged.queries),
        "ideal_ndcg@10": judged.share_with_gain,
        "bm25": _figures(values["bm25"]),
        "search_model": _figures(values["search_model"]),
        "against": {"bm25": _difference(values["search_model"], values["bm25"])},
        "unjudged@10": unjudged,
        "condensed": without_unjudged,
    }


def served_figures(judged: Judgements, model: Ranked, served: Ranked, shared: Collection[str]) -> ServedFigures:
    """Measure the results of the search model and of the served version over the products that both have.

    The catalogue may have changed since that version: a product that only one of both has would count for or against
    the catalogue, not the model. With an unchanged catalogue, `shared` is all of it.
    """
    kept = judged.of_products(shared)
    if not kept.queries:
        return {"not_compared": "it has no product that is judged for a held-out query"}
    ranked = {"search_model": model, "served": served}
    depth = min((len(products) for results in ranked.values() for products in results.values()), default=0)
    ranked = {
        name: {query: [product for product in results[query][:depth] if product in shared] for query in kept.queries}
        for name, results in ranked.items()
    }
    values = {name: _values(kept, results) for name, results in ranked.items()}
    return {
        "queries": len(kept.queries),
        "products": len(shared),
        "ideal_ndcg@10": kept.share_with_gain,
        "search_model": _figures(values["search_model"]),
        "served": _figures(values["served"]),
        "difference": _difference(values["search_model"], values["served"]),
        "unjudged@10": {name: unjudged_share(results, kept.pools) for name, results in ranked.items()},
    }


def _values(judged: Judgements, ranked: Ranked) -> Values:
    return per_query(judged, Run.from_top(list(ranked), list(ranked.values())))


def _figures(values: Values) -> RankingFigures:
    return {metric: estimate(per_metric).to_dict() for metric, per_metric in values.items()}


def _difference(first: Values, second: Values) -> Difference:
    compared = compare(first[_GATED], second[_GATED])
    return {**compared.difference.to_dict(), "p_value": compared.p_value}

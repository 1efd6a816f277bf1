"""Agreement of a language model with people: its labels of pairs that people have judged."""

from dataclasses import dataclass

import pyarrow as pa

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY
from vitrine.data.contract.splits import sample
from vitrine.errors import DataError
from vitrine.judging.pooling import Pool
from vitrine.labels import CLASS_IDS
from vitrine.metrics.classification import classification


@dataclass(frozen=True)
class Agreement:
    """The agreement of a model with people on `pairs` pairs of `queries` queries.

    Attributes:
        accuracy: The share of equal labels.
        kappa: Cohen's kappa of the four labels; 0 is chance.
        weighted_kappa: The same with quadratic weights on the scale I < C < S < E.
        confusion: Numbers of pairs: rows are people's labels, columns the model's, both in the order I, C, S, E.
    """

    queries: int
    pairs: int
    accuracy: float
    kappa: float
    weighted_kappa: float
    confusion: list[list[int]]


def judged_pools(judgements: pa.Table, count: int) -> list[Pool]:
    """Return the judged pools of at most `count` queries, chosen by hash."""
    pools: dict[str, list[str]] = {}
    for query, product in zip(judgements[QUERY].to_pylist(), judgements[PRODUCT_ID].to_pylist(), strict=True):
        pools.setdefault(query, []).append(product)
    return [Pool(query, tuple(pools[query])) for query in sample(pools, count, "agreement")]


def agreement(people: pa.Table, model: pa.Table) -> Agreement:
    """Compare the judgements of a model with people's of the same pairs.

    Raises:
        DataError: No pair is judged by both.
    """
    theirs, its = _labels(people), _labels(model)
    both = sorted(theirs.keys() & its.keys())
    if not both:
        raise DataError("no pair that people have judged was judged by the model, so there is no agreement to measure")
    true, given = ([CLASS_IDS[labels[pair]] for pair in both] for labels in (theirs, its))
    scores = classification(true, given)
    return Agreement(
        queries=len({query for query, _ in both}),
        pairs=len(both),
        accuracy=scores.accuracy,
        kappa=_kappa(true, given),
        weighted_kappa=scores.kappa,
        confusion=scores.confusion,
    )


def _labels(judgements: pa.Table) -> dict[tuple[str, str], str]:
    queries, products, labels = (judgements[name].to_pylist() for name in (QUERY, PRODUCT_ID, ESCI_LABEL))
    return {(query, product): label for query, product, label in zip(queries, products, labels, strict=True)}


def _kappa(true: list[int], given: list[int]) -> float:
    """Return Cohen's kappa without weights; 0 where only one label occurs."""
    from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]

    return float(cohen_kappa_score(true, given)) if len({*true, *given}) > 1 else 0.0

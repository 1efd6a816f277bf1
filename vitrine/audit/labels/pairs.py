"""The classified pairs of the held-out judgements, with the groups that they belong to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.audit.data import JudgedQueries
from vitrine.audit.groups.vocabulary import named_groups
from vitrine.audit.target import Target
from vitrine.labels import GAINS, LABELS
from vitrine.search.exported_model import ExportedModel

UNNAMED: Final = "no group"


@dataclass(frozen=True)
class ClassifiedPairs:
    """P judged pairs.

    Attributes:
        query: The query ids, str [P].
        text: The queries, str [P].
        product: The product ids, str [P].
        true: The class ids, int64 [P].
        esci: The predicted probabilities, float32 [P, 4] (I, C, S, E).
    """

    query: npt.NDArray[np.object_]
    text: npt.NDArray[np.object_]
    product: npt.NDArray[np.object_]
    true: npt.NDArray[np.int64]
    esci: npt.NDArray[np.float32]

    def take(self, rows: npt.NDArray[np.bool_]) -> "ClassifiedPairs":
        """Return the pairs for which `rows`, bool [P], is true."""
        return ClassifiedPairs(self.query[rows], self.text[rows], self.product[rows], self.true[rows], self.esci[rows])


def classify(model: ExportedModel, judged: JudgedQueries) -> ClassifiedPairs:
    """Classify all judged pairs; products outside the catalogue are left out.

    Raises:
        DataError: The model fails.
    """
    pairs = judged.judged
    text = np.array([judged.text[query] for query in pairs.query_id], object)
    esci = model.classify(text, pairs.product_id)
    found = ClassifiedPairs(pairs.query_id, text, pairs.product_id, _classes(pairs.gain), esci)
    return found.take(esci.sum(axis=1) > 0)


def shown_pairs(target: Target, judged: JudgedQueries) -> ClassifiedPairs:
    """Return the judged pairs among the first results, with the labels that the engine shows for them."""
    answers = target.search(list(judged.text.values()))
    shown = {
        (query, hit.product_id): [hit.esci[label] for label in LABELS]
        for query, answer in zip(judged.text, answers, strict=True)
        for hit in answer.hits
    }
    pairs = judged.judged
    keys = list(zip(pairs.query_id.tolist(), pairs.product_id.tolist(), strict=True))
    esci = np.array([shown.get(key, [0.0] * len(LABELS)) for key in keys], np.float32).reshape(-1, len(LABELS))
    text = np.array([judged.text[query] for query in pairs.query_id], object)
    found = ClassifiedPairs(pairs.query_id, text, pairs.product_id, _classes(pairs.gain), esci)
    return found.take(np.array([key in shown for key in keys], bool))


def pair_groups(
    pairs: ClassifiedPairs, products: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Yield each grouping's name, a group, and its pairs, bool [P].

    Args:
        pairs: The pairs.
        products: The group of each product, by the grouping's name and the product's id.

    Pairs are grouped by their product and by the groups of people that their query names.
    """
    for name, group_of in products.items():
        groups = np.array([group_of.get(product, "") for product in pairs.product], object)
        for group in sorted(set(groups.tolist()) - {""}):
            yield name, group, groups == group
    named = {text: {f"{group.dimension}: {group.name}" for group in named_groups(text)} for text in set(pairs.text)}
    for group in sorted(set().union(*named.values())):
        yield "people", group, np.array([group in named[text] for text in pairs.text], bool)
    if any(named.values()):
        yield "people", UNNAMED, np.array([not named[text] for text in pairs.text], bool)


def _classes(gain: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.searchsorted(np.array(GAINS), gain).astype(np.int64)

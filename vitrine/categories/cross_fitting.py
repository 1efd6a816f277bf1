"""Cross-fitting: each product and query is predicted by a head that has not seen it, nor a near-duplicate of it.

Such predictions measure the head on all products, and find wrong categories, which a head that was trained on them
would repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.categories.classes import Labels
from vitrine.categories.examples import BLOCK, Examples, Input, InputVectors, Vectors
from vitrine.categories.folds import assign_folds
from vitrine.categories.head import SHOWN, CategoryHead
from vitrine.categories.levels import level_members
from vitrine.categories.settings import CategorySettings
from vitrine.categories.training import Fitted, fit, fit_epochs

Ranked = npt.NDArray[np.int32]


@dataclass(frozen=True)
class CrossFitted:
    """The head that all examples trained, and predictions of each example by a head that others trained.

    `ranked` int32 [E, K] are the most probable classes of each example, and `probability` float32 [E, K] theirs.
    `levels` int32 [E, L] are the most probable categories at the L levels above the deepest (`level_members`).
    """

    head: CategoryHead
    epochs: int
    ranked: Ranked
    probability: Vectors
    levels: Ranked


def cross_fit(
    settings: CategorySettings,
    names: Sequence[str],
    source: InputVectors,
    examples: Examples,
    label: Labels,
    group: Labels,
) -> CrossFitted:
    """Train a head for each fold, and one on all examples with the folds' mean epochs and temperature.

    `label` and `group`, int64 [N], are the classes and the near-duplicates of all N products.
    """
    fold = _folds(examples, label, group, settings.folds, settings.seed)
    inner = _folds(examples, label, group, max(2, round(1 / settings.validation_share)), settings.seed + 1)
    fitted: list[Fitted] = []
    shown = min(SHOWN, len(names))
    ranked, probability = np.zeros((len(examples), shown), np.int32), np.zeros((len(examples), shown), np.float32)
    members = level_members(names)
    levels = np.zeros((len(examples), len(members)), np.int32)
    for number in range(settings.folds):
        trained = examples.take((fold != number) & (inner != 0))
        fitted.append(fit(settings, names, source, trained, examples.take((fold != number) & (inner == 0))))
        places = np.flatnonzero(fold == number)
        for block in np.array_split(places, -(-len(places) // BLOCK) or 1):
            probabilities = fitted[-1].head.probabilities(examples.take(block).vectors(source)).numpy()
            ranked[block] = np.argsort(-probabilities, axis=1, kind="stable")[:, :shown]
            probability[block] = np.take_along_axis(probabilities, ranked[block], axis=1)
            for level, each in enumerate(members):
                levels[block, level] = (probabilities @ each).argmax(axis=1)
        progress.report("cross-fitting the category head", number + 1, settings.folds)
    epochs = max(1, round(float(np.mean([each.epoch for each in fitted]))))
    head = fit_epochs(settings, names, source, examples, epochs)
    temperature = float(np.exp(np.mean(np.log([each.head.temperature for each in fitted]))))
    return CrossFitted(CategoryHead(names, head.weights(), temperature), epochs, ranked, probability, levels)


def _folds(examples: Examples, label: Labels, group: Labels, folds: int, seed: int) -> Labels:
    """Return the fold of each example, int64 [E]; all examples of a group, and of a query, are in one."""
    labelled = np.unique(examples.row[examples.kind != Input.QUERY])
    of_product = np.zeros(len(label), np.int64)
    of_product[labelled] = assign_folds(label[labelled], group[labelled], folds, seed)
    queries = examples.row[examples.kind == Input.QUERY]
    of_query = np.random.default_rng(seed).integers(folds, size=int(queries.max(initial=0)) + 1)
    fold = of_product[np.where(examples.kind == Input.QUERY, 0, examples.row)]
    fold[examples.kind == Input.QUERY] = of_query[queries]
    return fold

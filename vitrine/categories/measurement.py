"""Measurement of a category head by its cross-fitted predictions, beside its floors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from vitrine.categories.classes import Labels
from vitrine.categories.cross_fitting import CrossFitted, Ranked
from vitrine.categories.data import CategoryData
from vitrine.categories.examples import Input, Mask
from vitrine.categories.figures import CategoryFigures, Confusion, InputFigures
from vitrine.categories.levels import level_members
from vitrine.categories.scores import class_f1, score, tail_classes
from vitrine.data.columns import IMAGE, PRODUCT_ID

CONFUSIONS: Final = 20
EXAMPLES: Final = 3


@dataclass(frozen=True)
class Measured:
    """The figures of a head; `per_class` has a row for each class, and `confusion` the products by class, predicted."""

    figures: CategoryFigures
    per_class: pd.DataFrame
    confusion: pd.DataFrame


def measure(data: CategoryData, fitted: CrossFitted, zero_shot: Ranked | None) -> Measured:
    """Measure the head by every input; classes and confusions are those of the best known input of a product."""
    names, counts = data.classes.names, data.classes.counts
    tail = tail_classes(counts)
    by_input = {kind.name.lower(): _input(data, fitted, zero_shot, kind, tail) for kind in Input}
    places = best_inputs(data)
    label, predicted = data.examples.label[places], fitted.ranked[places, 0].astype(np.int64)
    table = data.products.table
    figures: CategoryFigures = {
        "classes": len(names),
        "products": len(data.classes.labelled),
        "without_category": data.uncategorised,
        "merged": dict(data.classes.merged),
        "left_out": dict(data.classes.left_out),
        "tail_classes": int(tail.sum()),
        "epochs": fitted.epochs,
        "temperature": fitted.head.temperature,
        "leaks": data.leaks,
        "inputs": {name: scores for name, scores in by_input.items() if scores},
        "confusions": _confusions(names, label, predicted, data.examples.row[places], table),
    }
    precision, recall, f1 = class_f1(label, predicted, len(names))
    columns = {"products": counts, "bucket": np.where(tail, "tail", "head"), "precision": precision, "recall": recall}
    per_class = pd.DataFrame({"category": names, **columns, "f1": f1}).sort_values("products", ascending=False)
    matrix = np.bincount(label * len(names) + predicted, minlength=len(names) ** 2).reshape(len(names), len(names))
    confusion = pd.DataFrame(matrix, pd.Index(names, name="category"), pd.Index(names, name="predicted"))
    return Measured(figures, per_class, confusion)


def best_inputs(data: CategoryData) -> Labels:
    """Return the place of one example for each product with a class: of both inputs, or else of the one that it has."""
    products = np.flatnonzero(data.examples.kind != Input.QUERY)
    order = products[np.argsort(-data.examples.kind[products].astype(np.int64), kind="stable")]
    _, first = np.unique(data.examples.row[order], return_index=True)
    return order[first]


def _input(
    data: CategoryData, fitted: CrossFitted, zero_shot: Ranked | None, kind: Input, tail: Mask
) -> InputFigures | None:
    places = np.flatnonzero(data.examples.kind == kind)
    if kind == Input.QUERY:  # the class that most of a query's exact products have
        places = places[np.lexsort((-data.examples.weight[places], data.examples.row[places]))]
        places = places[np.unique(data.examples.row[places], return_index=True)[1]]
    if not len(places):
        return None
    label = data.examples.label[places]
    majority = np.full((len(label), 1), np.argmax(data.classes.counts), np.int32)
    members = level_members(data.classes.names)
    true = [each[label].argmax(1) for each in members]
    return {
        "count": len(places),
        "head": score(label, fitted.ranked[places], tail, fitted.probability[places, 0]),
        "majority": score(label, majority, tail),
        "zero_shot": None if zero_shot is None else score(label, zero_shot[places], tail),
        "levels": [float((fitted.levels[places, level] == each).mean()) for level, each in enumerate(true)],
    }


def _confusions(
    names: Sequence[str], label: Labels, predicted: Labels, rows: Labels, table: pa.Table
) -> list[Confusion]:
    """Return the most frequent pairs of a category and another that was predicted."""
    wrong = pd.DataFrame({"label": label, "predicted": predicted, "row": rows})[label != predicted]
    groups = sorted(wrong.groupby(["label", "predicted"]), key=lambda group: (-len(group[1]), group[0]))
    found: list[Confusion] = []
    for (true, other), members in groups[:CONFUSIONS]:
        shown = table.take(members["row"].to_numpy()[:EXAMPLES])
        found.append(
            {
                "category": names[true],
                "predicted": names[other],
                "count": len(members),
                "products": shown[PRODUCT_ID].to_pylist(),
                "images": [path for path in shown[IMAGE].to_pylist() if path],
            }
        )
    return found

"""Examples of queries, from the products that were judged exact for them."""

import numpy as np
import pyarrow as pa
import pytest

from vitrine.categories.classes import Classes
from vitrine.categories.examples import Examples
from vitrine.categories.query_labels import query_examples
from vitrine.embeddings.table import Rows

QUERIES = Rows(pa.table({"query_id": ["q0", "q1", "q2"]}))
PRODUCTS = Rows(pa.table({"product_id": ["p0", "p1", "p2", "p3"]}))
CLASSES = Classes(["cup", "mug"], np.array([0, 1, 1, -1]), {}, {})
JUDGED = [
    ("q0", "p0", "E", 1.0),
    ("q0", "p1", "E", 1.0),
    ("q0", "p2", "E", 1.0),
    ("q0", "p3", "E", 1.0),  # without a class
    ("q1", "p1", "E", 0.2),
    ("q1", "p2", "E", 0.4),
    ("q2", "p0", "S", 1.0),
    ("q9", "p0", "E", 1.0),  # a query without a vector
]


def examples(with_weight: bool) -> Examples:
    names = ("query_id", "product_id", "esci_label", "weight")
    table = pa.table(dict(zip(names, zip(*JUDGED, strict=True), strict=True)))
    return query_examples(table if with_weight else table.drop_columns("weight"), QUERIES, PRODUCTS, CLASSES, 2.0)


def test_the_classes_of_a_query_share_its_weight_by_their_products() -> None:
    found = examples(with_weight=False)
    assert list(zip(found.row.tolist(), found.label.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 1)]
    assert found.weight == pytest.approx([2 / 3, 4 / 3, 2.0])


def test_judgements_that_count_less_make_examples_that_do() -> None:
    assert examples(with_weight=True).weight == pytest.approx([2 / 3, 4 / 3, 2.0 * 0.3])

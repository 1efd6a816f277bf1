"""Tests of contradicting measurements, through the ids of words that queries and products have."""

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from vitrine.search.index.lexical_words import column_ids, query_ids, unit_of
from vitrine.search.index.measurements import Measurements, contradicted, only_measurements
from vitrine.search.index.postings import build_postings
from vitrine.search.products import Products
from vitrine.search.settings import LexicalSettings

TITLES = (
    "Mug 450 ml",
    "Mug 250ml",
    "Mug",
    "Mug of 0.25 l",
    "Phone 64 GB, 6.1 inch",
    "Phone 8 GB and 128 GB",
    "",
    "45 cl",
)


@pytest.fixture(scope="module")
def measurements():
    table = pa.table({"product_id": [f"p{row}" for row in range(len(TITLES))], "title": TITLES})
    present = np.ones(len(TITLES), bool)
    products = Products.of(table, np.ones((len(TITLES), 2), np.float32), None, present, ~present)
    return Measurements(build_postings(products, LexicalSettings()))


def contradicting(measurements, *queries):
    """Return the rows that contradict each query."""
    rows = np.broadcast_to(np.arange(len(TITLES), dtype=np.int32), (len(queries), len(TITLES)))
    wanted = only_measurements(query_ids(tf.constant(queries)))
    found = contradicted(wanted, measurements.of(tf.constant(rows))).numpy()
    return [np.flatnonzero(row).tolist() for row in found]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("450ml mug", [1, 3]),
        ("mug 450 mL", [1, 3]),
        ("0.45 l mug", [1, 3]),
        ("300 ml mug", [0, 1, 3, 7]),  # which no product has
        ("128 GB phone", [4]),
        ("64GB phone", [5]),
        ("phone 6.1 inch 64gb", [5]),
        ("phone 5.8 inch 64gb", [4, 5]),
        ("mug", []),
        ("450 mug", []),
        ("2 kg", []),  # a unit that no product has
        ("", []),
    ],
)
def test_products_of_another_measurement_contradict(measurements, query, rows):
    assert contradicting(measurements, query) == [rows]


def test_one_of_several_measurements_in_a_unit_is_enough(measurements):
    assert contradicting(measurements, "mugs 450 ml or 250 ml") == [[]]


def test_a_batch_gives_what_single_queries_give(measurements):
    assert contradicting(measurements, "450ml mug", "mug", "64GB") == [[1, 3], [], [5]]


def test_ids_tell_the_unit_of_a_measurement():
    ids = column_ids(np.array(["mug 450 ml 5 kg x500ml 12"], object), 16)[0]
    units = unit_of(ids)
    assert [int(unit) for unit in units[units > 0]] == [1, 2]
    assert set(units.tolist()) == {-1, 0, 1, 2}


def test_a_catalogue_without_measurements_contradicts_nothing():
    table = pa.table({"product_id": ["a"], "title": ["mug"]})
    present = np.ones(1, bool)
    postings = build_postings(
        Products.of(table, np.ones((1, 2), np.float32), None, present, ~present), LexicalSettings()
    )
    wanted = only_measurements(query_ids(tf.constant(["450 ml"])))
    assert not contradicted(wanted, Measurements(postings).of(tf.constant([[0]]))).numpy().any()

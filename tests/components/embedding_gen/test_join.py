from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from components.embedding_gen.join import JoinProducts
from tests.embedding_folders import write_folder
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features, vector_column
from vitrine.errors import DataError

QUERIES = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
TEXTS = np.array([[0.6, 0.8], [0.0, 0.0], [0.8, 0.6]], np.float32)
IMAGES = np.array([[0.0, 0.0], [-1.0, 0.0], [0.0, -1.0]], np.float32)


@pytest.fixture
def joining(tmp_path: Path) -> JoinProducts:
    """A set-up join of two queries and three products, in several batches."""
    queries = pa.table({"query_id": ["q1", "q2"], "query": ["mug", "bowl"], "query_vector": vector_column(QUERIES)})
    texts = {name: pa.array([f"{name} {letter}" for letter in "ab"] + [""]) for name in columns.PRODUCT_TEXT}
    products = pa.table(
        {
            "product_id": ["007", "8", "9"],
            **texts,
            "text_vector": vector_column(TEXTS),
            "image_vector": vector_column(IMAGES),
            "has_image": [False, True, True],
        }
    )
    write_folder(tmp_path / "queries", queries)
    write_folder(tmp_path / "products", products)
    join = JoinProducts(str(tmp_path / "queries"), str(tmp_path / "products"))
    join.setup()
    return join


def judgements(*rows: tuple[str, str, str, str], source: str = "web", weight: float | None = None) -> pa.RecordBatch:
    named = [dict(zip(columns.JUDGEMENTS, (*row, source), strict=True)) for row in rows]
    table = pa.RecordBatch.from_pylist(named)
    return as_features(table.append_column(columns.WEIGHT, pa.array([weight] * len(rows), pa.float32())))


def features(serialized: bytes) -> dict[str, object]:
    feature_map = tf.train.Example.FromString(serialized).features.feature
    values = {name: getattr(feature, feature.WhichOneof("kind")).value for name, feature in feature_map.items()}
    assert all(len(value) == 1 for value in values.values())
    return {name: value[0] for name, value in values.items()}


def test_a_judgement_without_a_weight_counts_fully(joining: JoinProducts) -> None:
    (row,) = joining.process(judgements(("q1", "mug", "007", "E")))
    assert features(row)["weight"] == 1.0
    (row,) = joining.process(judgements(("q1", "mug", "007", "E"), weight=0.25))
    assert features(row)["weight"] == 0.25


def test_clicks_are_left_out_where_they_are_outranked(joining: JoinProducts, tmp_path: Path) -> None:
    rows = ("q1", "mug", "007", "E"), ("q2", "bowl", "9", "S")
    assert len(list(joining.process(judgements(*rows, source="clicks")))) == 2
    of_gates = JoinProducts(str(tmp_path / "queries"), str(tmp_path / "products"), outranked=True)
    of_gates.setup()
    assert not list(of_gates.process(judgements(*rows, source="clicks")))
    assert len(list(of_gates.process(judgements(*rows)))) == 2


def test_each_judgement_has_its_products_text_and_both_row_numbers(joining: JoinProducts) -> None:
    first, second = joining.process(judgements(("q2", "bowl", "9", "S"), ("q1", "mug", "007", "E")))
    row = features(second)
    assert (row["query_id"], row["query"], row["product_id"], row["esci_label"]) == (b"q1", b"mug", b"007", b"E")
    assert row["source"] == b"web"
    assert (row["title"], row["category"], row["has_image"]) == (b"title a", b"category a", 0)
    assert (row["query_row"], row["product_row"]) == (0, 0)
    row = features(first)
    assert (row["title"], row["has_image"]) == (b"", 1)  # empty, but present
    assert (row["query_row"], row["product_row"]) == (1, 2)


@pytest.mark.parametrize(("label", "gain"), [("E", 1.0), ("S", 0.1), ("C", 0.01), ("I", 0.0)])
def test_the_gain_is_that_of_the_label(joining: JoinProducts, label: str, gain: float) -> None:
    (serialized,) = joining.process(judgements(("q1", "mug", "8", label)))
    assert features(serialized)["gain"] == pytest.approx(gain)


def test_a_judged_product_outside_the_catalogue_is_named(joining: JoinProducts) -> None:
    with pytest.raises(DataError) as caught:
        list(joining.process(judgements(("q1", "mug", "7", "E"), ("q1", "mug", "8", "E"))))
    assert str(caught.value) == (
        "judgements: product_id '7' is not in the catalogue; leave such judgements out with "
        "`vitrine prepare … --on-error skip`"
    )
    with pytest.raises(DataError, match="product_id '7' is not in the catalogue, nor are 2 others"):
        list(joining.process(judgements(*(("q1", "mug", product, "E") for product in ("7", "70", "71", "7")))))

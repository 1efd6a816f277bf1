from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import tensorflow as tf

from components.embedding_gen.join import JoinVectors
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features, vector_column
from vitrine.errors import DataError

QUERIES = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
TEXTS = np.array([[0.6, 0.8], [0.0, 0.0], [0.8, 0.6]], np.float32)
IMAGES = np.array([[0.0, 0.0], [-1.0, 0.0], [0.0, -1.0]], np.float32)


@pytest.fixture
def joining(tmp_path: Path) -> JoinVectors:
    """A set-up join of two queries and three products, in several files."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "products").mkdir()
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
    pa.parquet.write_table(queries, tmp_path / "queries" / "part-00000-of-00001.parquet")
    for number, rows in enumerate((products.slice(0, 2), products.slice(2))):
        pa.parquet.write_table(rows, tmp_path / "products" / f"part-0000{number}-of-00002.parquet")
    (tmp_path / "products" / "_undecodable.json").write_text("{}")
    join = JoinVectors(str(tmp_path / "queries"), str(tmp_path / "products"))
    join.setup()
    return join


def judgements(*rows: tuple[str, str, str, str]) -> pa.RecordBatch:
    named = [dict(zip(columns.JUDGEMENTS, (*row, "web"), strict=True)) for row in rows]
    return as_features(pa.RecordBatch.from_pylist(named))


def features(serialized: bytes) -> dict[str, object]:
    feature_map = tf.train.Example.FromString(serialized).features.feature
    values = {name: getattr(feature, feature.WhichOneof("kind")).value for name, feature in feature_map.items()}
    assert all(len(value) == 1 for value in values.values())
    return {name: value[0] for name, value in values.items()}


def test_each_judgement_has_its_products_text_and_both_vectors(joining: JoinVectors) -> None:
    first, second = joining.process(judgements(("q2", "bowl", "9", "S"), ("q1", "mug", "007", "E")))
    row = features(second)
    assert (row["query_id"], row["query"], row["product_id"], row["esci_label"]) == (b"q1", b"mug", b"007", b"E")
    assert row["source"] == b"web"
    assert (row["title"], row["category"], row["has_image"]) == (b"title a", b"category a", 0)
    assert np.frombuffer(row["query_vector"], "<f4").tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(np.frombuffer(row["text_vector"], "<f4"), TEXTS[0])
    np.testing.assert_array_equal(np.frombuffer(row["image_vector"], "<f4"), IMAGES[0])
    row = features(first)
    assert (row["title"], row["has_image"]) == (b"", 1)  # empty, but present
    np.testing.assert_array_equal(np.frombuffer(row["query_vector"], "<f4"), QUERIES[1])
    np.testing.assert_array_equal(np.frombuffer(row["image_vector"], "<f4"), IMAGES[2])


@pytest.mark.parametrize(("label", "gain"), [("E", 1.0), ("S", 0.1), ("C", 0.01), ("I", 0.0)])
def test_the_gain_is_that_of_the_label(joining: JoinVectors, label: str, gain: float) -> None:
    (serialized,) = joining.process(judgements(("q1", "mug", "8", label)))
    assert features(serialized)["gain"] == pytest.approx(gain)


def test_a_judged_product_outside_the_catalogue_is_named(joining: JoinVectors) -> None:
    with pytest.raises(DataError) as caught:
        list(joining.process(judgements(("q1", "mug", "7", "E"), ("q1", "mug", "8", "E"))))
    assert str(caught.value) == (
        "judgements: product_id '7' is not in the catalogue; leave such judgements out with "
        "`vitrine prepare … --on-error skip`"
    )
    with pytest.raises(DataError, match="product_id '7' is not in the catalogue, nor are 2 others"):
        list(joining.process(judgements(*(("q1", "mug", product, "E") for product in ("7", "70", "71", "7")))))

from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.evaluator.extractors import custom_extractors
from components.evaluator.vectors import AddVectors, add_vectors, embeddings_in
from tests.embedding_folders import write_folder
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features, vector_column

QUERIES = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
TEXTS = np.array([[0, 1], [1, 0], [0.8, 0.6], [-1, 0]], np.float32)
EXPECTED = {
    columns.QUERY_VECTOR: QUERIES[[2, 0, 2]],
    columns.TEXT_VECTOR: TEXTS[[3, 0, 1]],
    columns.IMAGE_VECTOR: np.zeros((3, 2), np.float32),  # no product has an image
}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    """The embeddings of three queries and of four products without images."""
    write_folder(tmp_path / "q", pa.table({"query_id": ["a", "b", "c"], "query_vector": vector_column(QUERIES)}))
    products = {"product_id": list("wxyz"), "text_vector": vector_column(TEXTS)}
    write_folder(tmp_path / "p", pa.table(products | {"image_vector": vector_column(np.zeros_like(TEXTS))}))
    return str(tmp_path / "q"), str(tmp_path / "p")


@pytest.fixture
def extracts() -> dict[str, object]:
    """Three judged pairs as TFMA reads them: their features, and the serialized examples."""
    rows = {"query_row": [2, 0, 2], "product_row": [3, 0, 1], "title": ["mug", "", "bowl"]}
    features = as_features(pa.record_batch(rows))
    serialized = pa.array([[example] for example in RecordBatchToExamplesEncoder().encode(features)])
    return {
        tfma.ARROW_RECORD_BATCH_KEY: features.append_column(tfma.ARROW_INPUT_COLUMN, serialized.cast(
            pa.large_list(pa.large_binary()))),
        "other": 1,
    }  # fmt: skip


def examples(extracts: dict[str, object]) -> list[tf.train.Example]:
    column = extracts[tfma.ARROW_RECORD_BATCH_KEY][tfma.ARROW_INPUT_COLUMN]
    return [tf.train.Example.FromString(example) for (example,) in column.to_pylist()]


def assert_vectors(extracts: dict[str, object]) -> None:
    for name, vectors in EXPECTED.items():
        packed = [example.features.feature[name].bytes_list.value for example in examples(extracts)]
        np.testing.assert_array_equal([np.frombuffer(vector, "<f4") for (vector,) in packed], vectors)


def test_the_classifier_gets_exactly_the_vectors_of_the_rows(
    folders: tuple[str, str], extracts: dict[str, object]
) -> None:
    adding = AddVectors(folders)
    adding.setup()
    (added,) = adding.process(extracts)
    assert_vectors(added)


def test_all_else_stays_as_it_is(folders: tuple[str, str], extracts: dict[str, object]) -> None:
    adding = AddVectors(folders)
    adding.setup()
    (added,) = adding.process(extracts)
    assert added["other"] == 1
    before, after = (batch[tfma.ARROW_RECORD_BATCH_KEY] for batch in (extracts, added))
    assert after.schema.names == before.schema.names  # the vectors are in the examples only
    for name in set(before.schema.names) - {tfma.ARROW_INPUT_COLUMN}:
        assert after[name].equals(before[name])
    for original, example in zip(examples(extracts), examples(added), strict=True):
        for name in original.features.feature:
            assert example.features.feature[name] == original.features.feature[name]


def test_the_transform_uses_the_embeddings_of_the_evaluation(
    folders: tuple[str, str], extracts: dict[str, object]
) -> None:
    with embeddings_in(folders):
        transform = add_vectors()
    with beam.Pipeline(argv=["--direct_running_mode=in_memory"]) as pipeline:
        _ = pipeline | beam.Create([extracts]) | transform | beam.Map(assert_vectors)
    with pytest.raises(LookupError):
        add_vectors()  # outside of an evaluation there are none


def test_vectors_are_added_before_tfma_reads_the_examples(folders: tuple[str, str]) -> None:
    with embeddings_in(folders):
        ours = [extractor.stage_name for extractor in custom_extractors(None, tfma.EvalConfig(), None)]
    theirs = [extractor.stage_name for extractor in tfma.default_extractors()]
    assert [name for name in ours if name in theirs] == theirs
    assert ours[0] == "AddVectors"

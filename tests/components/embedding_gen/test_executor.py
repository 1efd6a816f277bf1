from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions
from tfx.types import Artifact, artifact_utils, standard_artifacts
from tfx.utils import io_utils

from components.artifacts import EMBEDDINGS, ENCODED, REUSED
from components.embedding_gen.encode import EncodeRows, Encoding
from components.embedding_gen.executor import join_examples, join_parts
from components.embedding_gen.parts import Parts
from components.worker_files import local_copy, paths
from pipelines.beam.arguments import beam_arguments
from pipelines.beam.settings import BeamSettings, MultiProcessSettings
from tests.components.embedding_run import JUDGED, PRODUCTS, QUERIES, artifact, examples, prepare
from tests.ram_bucket import BUCKET
from vitrine.data import columns
from vitrine.data.contract.judges import CLICKS
from vitrine.data.formats.arrow import as_matrix
from vitrine.embeddings.settings import EncodingSettings
from vitrine.embeddings.table import EmbeddingTable

DIRECT = beam_arguments(BeamSettings())
MULTI = beam_arguments(BeamSettings(runner="multi", multi=MultiProcessSettings(workers=2)))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("direct")


@pytest.fixture(scope="module")
def direct(directory: Path) -> dict[str, Artifact]:
    """The outputs of EmbeddingGen in this process, with one shard."""
    return prepare(str(directory))(DIRECT)


def embeddings(artifact: Artifact, id_column: str) -> tuple[list[str], dict[str, np.ndarray]]:
    """Return ids and vectors, in the order of the ids."""
    table = EmbeddingTable.open(local_copy(artifact.uri)).with_vectors().sort_by(id_column)
    names = [name for name in columns.VECTORS if name in table.column_names]
    return table[id_column].to_pylist(), {name: as_matrix(table[name]) for name in names}


def joined(examples: Artifact) -> dict[str, list[dict[str, Any]]]:
    """Return each split's examples, in the order of their ids."""
    splits = {}
    for split in artifact_utils.decode_split_names(examples.split_names):
        rows = [
            {name: item.bytes_list.value or item.float_list.value or item.int64_list.value for name, item in features}
            for path in paths(f"{artifact_utils.get_split_uri([examples], split)}/*")
            for record in tf.data.TFRecordDataset(path, "GZIP")
            for features in [sorted(tf.train.Example.FromString(record.numpy()).features.feature.items())]
        ]
        splits[split] = sorted(rows, key=lambda row: (row["query_id"][0], row["product_id"][0]))
    return splits


def assert_same(actual: dict[str, Artifact], expected: dict[str, Artifact]) -> None:
    """Assert that rows and vectors are equal, up to the rounding of differently composed batches."""
    for name, id_column in (("query_embeddings", "query_id"), ("product_embeddings", "product_id")):
        (ids, vectors), (expected_ids, expected_vectors) = (
            embeddings(outputs[name], id_column) for outputs in (actual, expected)
        )
        assert ids == expected_ids
        for column, matrix in expected_vectors.items():
            np.testing.assert_allclose(vectors[column], matrix, atol=1e-5)
        assert actual[name].mlmd_artifact.custom_properties == expected[name].mlmd_artifact.custom_properties
    rows, expected_rows = joined(actual["examples"]), joined(expected["examples"])
    assert rows.keys() == expected_rows.keys()
    for split, expected_split in expected_rows.items():
        for row, expected_row in zip(rows[split], expected_split, strict=True):
            assert row.keys() == expected_row.keys()
            for name in row.keys() - {columns.QUERY_ROW, columns.PRODUCT_ROW}:  # the order of rows is the workers'
                assert list(row[name]) == list(expected_row[name])
    schema, expected_schema = (
        io_utils.SchemaReader().read(f"{outputs['joined_schema'].uri}/schema.pbtxt") for outputs in (actual, expected)
    )
    assert schema == expected_schema


def test_every_entity_is_encoded_once_and_every_judgement_joined(direct: dict[str, Artifact]) -> None:
    queries, _ = embeddings(direct["query_embeddings"], "query_id")
    products, vectors = embeddings(direct["product_embeddings"], "product_id")
    assert queries == list(QUERIES)
    assert products == [row["product_id"] for row in PRODUCTS]
    lengths = np.linalg.norm(vectors[columns.TEXT_VECTOR], axis=1)
    assert lengths == pytest.approx([float(bool(row["title"])) for row in PRODUCTS], abs=1e-5)
    assert {split: len(rows) for split, rows in joined(direct["examples"]).items()} == {
        "train": 10, "eval": len(JUDGED) - 10
    }  # fmt: skip


def test_worker_processes_give_the_same_outputs(direct: dict[str, Artifact], directory: Path, tmp_path: Path) -> None:
    outputs = prepare(str(tmp_path), encoder=str(directory / "encoder"))(MULTI, shards=3)
    assert_same(outputs, direct)
    assert not list((tmp_path / "encoded").rglob("*.arrows"))


def test_artifacts_may_be_in_a_bucket(direct: dict[str, Artifact]) -> None:
    assert_same(prepare(f"{BUCKET}/run")(DIRECT, shards=2), direct)


def test_row_numbers_point_at_the_rows_of_the_ids(direct: dict[str, Artifact]) -> None:
    for kind, id_column, row in (
        ("query_embeddings", columns.QUERY_ID, columns.QUERY_ROW),
        ("product_embeddings", columns.PRODUCT_ID, columns.PRODUCT_ROW),
    ):
        ids = EmbeddingTable.open(Path(direct[kind].uri)).rows.table[id_column].to_pylist()
        for split in joined(direct["examples"]).values():
            assert all(ids[example[row][0]] == example[id_column][0].decode() for example in split)


def test_a_run_with_earlier_embeddings_encodes_nothing_again(direct: dict[str, Artifact], tmp_path: Path) -> None:
    run = prepare(str(tmp_path))
    run.inputs["earlier_queries"] = [direct["query_embeddings"]]
    run.inputs["earlier_products"] = [direct["product_embeddings"]]
    outputs = run(DIRECT)
    counts = {
        name: [outputs[name].get_int_custom_property(key) for key in ("encoded", "reused")]
        for name in ("query_embeddings", "product_embeddings")
    }
    assert counts == {"query_embeddings": [0, 3], "product_embeddings": [0, 7]}  # one product has no text
    for name, id_column in (("query_embeddings", "query_id"), ("product_embeddings", "product_id")):
        (_, vectors), (_, expected) = (embeddings(run_[name], id_column) for run_ in (outputs, direct))
        for column, matrix in expected.items():
            np.testing.assert_array_equal(vectors[column], matrix)
    other_precision = prepare(str(tmp_path / "other"))
    other_precision.inputs["earlier_products"] = [direct["product_embeddings"]]
    again = other_precision(DIRECT, precision="bfloat16")
    assert again["product_embeddings"].get_int_custom_property("reused") == 0


def counts(outputs: dict[str, Artifact]) -> dict[str, list[int]]:
    """Return the numbers of vectors that were encoded, and taken from elsewhere."""
    names = ("query_embeddings", "product_embeddings")
    return {name: [outputs[name].get_int_custom_property(key) for key in (ENCODED, REUSED)] for name in names}


@pytest.mark.parametrize(("precision", "reused"), [("float32", True), ("bfloat16", False)])
def test_a_run_that_follows_a_failed_one_encodes_nothing_twice(
    direct: dict[str, Artifact], directory: Path, tmp_path: Path, precision: str, reused: bool
) -> None:
    run = prepare(str(tmp_path), encoder=str(directory / "encoder"))
    good = run.inputs["judgements"]
    unknown = {"query_id": "q4", "query": "saw", "product_id": "999", "esci_label": "E", "source": "web"}
    run.inputs["judgements"] = [examples(f"{tmp_path}/unknown", {"train": [*JUDGED, unknown]})]
    with pytest.raises(Exception, match="product_id '999' is not in the catalogue"):
        run(DIRECT)
    run.inputs["judgements"] = good
    for name, kind in EMBEDDINGS.items():
        run.outputs[name] = [artifact(kind, f"{tmp_path}/second/{name}")]
    outputs = run(DIRECT, precision=precision)
    expected = {"query_embeddings": [0, 3], "product_embeddings": [0, 7]}
    assert counts(outputs) == (expected if reused else {name: pair[::-1] for name, pair in expected.items()})
    if reused:
        ids, vectors = embeddings(outputs["query_embeddings"], "query_id")
        expected_ids, expected_vectors = embeddings(direct["query_embeddings"], "query_id")
        assert ids == expected_ids
        np.testing.assert_allclose(vectors["query_vector"], expected_vectors["query_vector"], atol=1e-5)
        assert not list((tmp_path / "encoded").rglob("*.arrows"))


def test_a_run_that_remembers_is_followed_by_one_that_encodes_nothing_again(directory: Path, tmp_path: Path) -> None:
    run = prepare(str(tmp_path), encoder=str(directory / "encoder"))
    assert counts(run(DIRECT, remember=True)) == {"query_embeddings": [3, 0], "product_embeddings": [7, 0]}
    first = {name: run.outputs[name][0].uri for name in EMBEDDINGS}
    for name, kind in EMBEDDINGS.items():
        run.outputs[name] = [artifact(kind, f"{tmp_path}/second/{name}")]
    outputs = run(DIRECT, remember=True)
    assert counts(outputs) == {"query_embeddings": [0, 3], "product_embeddings": [0, 7]}
    origins = EmbeddingTable.open(Path(outputs["query_embeddings"].uri)).rows.table["query_origin"]
    assert origins.unique().to_pylist() == [first["query_embeddings"]]


def test_a_bundle_that_a_runner_repeats_does_not_repeat_rows(directory: Path, tmp_path: Path) -> None:
    parts = Parts.of_new_run(str(tmp_path / "encoded"), "same")
    uri = str(tmp_path / "embeddings")
    encoding = Encoding("queries", f"{directory}/encoder/Format-Serving", EncodingSettings(), parts, (), uri, 2)
    encoding_rows = EncodeRows(encoding)
    encoding_rows.setup()
    for _ in range(2):
        encoding_rows.start_bundle()
        encoding_rows.process(pa.record_batch({"query_id": ["1", "2"], "query": ["mug", "bowl"]}))
        (listed,) = encoding_rows.finish_bundle()
    assert len(list((tmp_path / "encoded").rglob("queries-*.arrows"))) == 2
    Path(parts.list_file("queries")).write_text(listed.value)
    tally, count = join_parts(parts, "queries", uri)
    assert (tally.encoded, count) == (2, 2)
    assert EmbeddingTable.open(Path(uri)).rows.table["query_id"].to_pylist() == ["1", "2"]


@pytest.mark.parametrize(("source", "left"), [("web", 3), ("derived", 5), ("clicks", 5)])
def test_clicks_are_no_part_of_an_eval_split_that_people_have_judged(
    direct: dict[str, Artifact], tmp_path: Path, source: str, left: int
) -> None:
    rows = [row | {columns.SOURCE: source} for row in JUDGED[:5]]
    rows[0][columns.SOURCE] = rows[1][columns.SOURCE] = CLICKS
    judgements = examples(str(tmp_path / "judgements"), {"train": rows, "eval": rows})
    target = artifact(standard_artifacts.Examples, str(tmp_path / "joined"))
    with beam.Pipeline(options=PipelineOptions(DIRECT)) as pipeline:
        join_examples(pipeline, judgements, *(direct[name].uri for name in EMBEDDINGS), target)
    assert {split: len(each) for split, each in joined(target).items()} == {"train": 5, "eval": left}

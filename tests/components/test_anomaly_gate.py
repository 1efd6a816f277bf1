import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.anomaly_gate import ANOMALIES_FILE, AnomalyGate, read_anomalies
from components.artifacts import DataApproval
from vitrine.errors import AnomalyError

Artifact = standard_artifacts.ExampleAnomalies


def bad_label() -> anomalies_pb2.Anomalies:
    anomalies = anomalies_pb2.Anomalies()
    info = anomalies.anomaly_info["esci_label"]
    info.path.step.append("esci_label")
    info.reason.add(description="Examples contain values missing from the schema: X (<1%). ")
    return anomalies


@pytest.fixture
def validated(tmp_path: Path) -> Callable[..., Artifact]:
    """A writer of ExampleValidator's output with the anomalies of each split."""

    def write(name: str, **splits: anomalies_pb2.Anomalies) -> Artifact:
        artifact = Artifact()
        artifact.uri, artifact.split_names = str(tmp_path / name), artifact_utils.encode_split_names(list(splits))
        for split, anomalies in splits.items():
            path = Path(artifact_utils.get_split_uri([artifact], split), ANOMALIES_FILE)
            path.parent.mkdir(parents=True)
            path.write_bytes(anomalies.SerializeToString())
        return artifact

    return write


def examples(folder: Path, **splits: list[dict[str, str]]) -> standard_artifacts.Examples:
    """Write ExampleGen's output with these rows in each split."""
    artifact = standard_artifacts.Examples()
    artifact.uri, artifact.split_names = str(folder), artifact_utils.encode_split_names(list(splits))
    for split, rows in splits.items():
        path = Path(artifact_utils.get_split_uri([artifact], split), "data-00000-of-00001.gz")
        path.parent.mkdir(parents=True)
        with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
            for row in rows:
                values = {name: tf.train.BytesList(value=[value.encode()]) for name, value in row.items()}
                feature = {name: tf.train.Feature(bytes_list=value) for name, value in values.items()}
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return artifact


def gate(judgements: Artifact, catalogue: Artifact, folder: Path, judged: str = "p1") -> Path:
    approval = DataApproval()
    approval.uri = str(folder)
    rows = {split: [{"query": f"{split} mug", "product_id": judged}] for split in ("train", "eval")}
    AnomalyGate.EXECUTOR_SPEC.executor_class._FUNCTION(
        judgements=examples(folder / "judgement_examples", **rows),
        catalogue=examples(folder / "catalogue_examples", products=[{"product_id": "p1"}]),
        judgement_anomalies=judgements,
        catalogue_anomalies=catalogue,
        approval=approval,
    )
    return folder / "approval.json"


def test_clean_data_is_approved_split_by_split(validated: Callable[..., Artifact], tmp_path: Path) -> None:
    clean = anomalies_pb2.Anomalies()
    path = gate(validated("judgements", train=clean, eval=clean), validated("catalogue", products=clean), tmp_path)
    assert json.loads(path.read_text()) == {"judgements": ["train", "eval"], "catalogue": ["products"]}


def test_every_anomaly_of_every_split_is_named(validated: Callable[..., Artifact], tmp_path: Path) -> None:
    clean, negative = anomalies_pb2.Anomalies(), anomalies_pb2.Anomalies()
    negative.anomaly_info["price"].reason.add(description="Unexpectedly low values: -4 < 0.")
    judgements = validated("judgements", train=bad_label(), eval=clean)
    with pytest.raises(AnomalyError) as caught:
        gate(judgements, validated("catalogue", products=negative), tmp_path)
    assert str(caught.value).splitlines() == [
        "the data has 2 anomalies, so nothing was encoded:",
        "  - judgements/train: column esci_label: Examples contain values missing from the schema: X (<1%).",
        "  - catalogue: column price: Unexpectedly low values: -4 < 0.",
        "Correct the files, or prepare them again with `vitrine prepare … --on-error skip`.",
    ]
    assert not (tmp_path / "approval.json").exists()


def test_violations_that_a_schema_cannot_express_are_anomalies_too(
    validated: Callable[..., Artifact], tmp_path: Path
) -> None:
    clean = anomalies_pb2.Anomalies()
    judgements = validated("judgements", train=clean, eval=clean)
    with pytest.raises(AnomalyError) as caught:
        gate(judgements, validated("catalogue", products=clean), tmp_path, judged="p7")
    assert str(caught.value).splitlines()[1:3] == [
        "  - judgements/train: column product_id: 'p7' is not in the catalogue.",
        "  - judgements/eval: column product_id: 'p7' is not in the catalogue.",
    ]


def test_one_anomaly_is_reported_in_the_singular(validated: Callable[..., Artifact], tmp_path: Path) -> None:
    clean = anomalies_pb2.Anomalies()
    judgements = validated("judgements", train=clean, eval=bad_label())
    with pytest.raises(AnomalyError, match="the data has 1 anomaly, so nothing was encoded"):
        gate(judgements, validated("catalogue", products=clean), tmp_path)


def test_an_anomaly_of_the_whole_split_comes_first(tmp_path: Path) -> None:
    anomalies = bad_label()
    anomalies.dataset_anomaly_info.description = "The number of examples is too low."
    path = tmp_path / ANOMALIES_FILE
    path.write_bytes(anomalies.SerializeToString())
    assert read_anomalies(path) == [
        "the whole split: The number of examples is too low.",
        "column esci_label: Examples contain values missing from the schema: X (<1%).",
    ]

"""AnomalyGate: ExampleValidator only reports; this stops the run on what it reported, and on what it cannot see."""

import json
from pathlib import Path

import pyarrow as pa
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils

from components.artifacts import DataApproval
from components.examples import read_split
from components.integrity import find_breaches
from components.staging import staged
from vitrine.data.columns import PRODUCT_ID, QUERY
from vitrine.errors import AnomalyError

ANOMALIES_FILE = "SchemaDiff.pb"


@component
@staged
def AnomalyGate(  # noqa: N802  # a component's name is a type's
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    catalogue: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    judgement_anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    catalogue_anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    approval: tfx.dsl.components.OutputArtifact[DataApproval],
) -> None:
    """Raise AnomalyError, naming every anomaly of every split; write the approval where there is none."""
    found: list[str] = []
    checked: dict[str, list[str]] = {}
    for source, artifact in (("judgements", judgement_anomalies), ("catalogue", catalogue_anomalies)):
        checked[source] = artifact_utils.decode_split_names(artifact.split_names)
        for split in checked[source]:
            uri = artifact_utils.get_split_uri([artifact], split)
            where = source if len(checked[source]) == 1 else f"{source}/{split}"
            found += [f"{where}: {line}" for line in read_anomalies(Path(uri) / ANOMALIES_FILE)]
    if not found:  # else the columns may not even be there
        found = find_breaches(
            {split: read_split(judgements, split, (QUERY, PRODUCT_ID)) for split in checked["judgements"]},
            pa.concat_tables(read_split(catalogue, split, (PRODUCT_ID,)) for split in checked["catalogue"]),
        )
    if found:
        listed = "\n".join(f"  - {line}" for line in found)
        raise AnomalyError(
            f"the data has {len(found)} {'anomaly' if len(found) == 1 else 'anomalies'}, so nothing was encoded:\n"
            f"{listed}\nMend the files, or prepare them again with `vitrine prepare … --on-error skip`."
        )
    Path(approval.uri, "approval.json").write_text(json.dumps(checked, indent=2), encoding="utf-8")


def read_anomalies(path: Path) -> list[str]:
    """Read an Anomalies proto and return a sentence for each: the feature, what is wrong, and the detail."""
    from tfx.dsl.io import fileio

    anomalies = anomalies_pb2.Anomalies()
    with fileio.open(str(path), "rb") as file:
        anomalies.ParseFromString(file.read())
    lines = []
    if anomalies.HasField("dataset_anomaly_info"):
        lines.append(f"the whole split: {anomalies.dataset_anomaly_info.description.rstrip('. ')}.")
    for feature, info in sorted(anomalies.anomaly_info.items()):
        column = ".".join(info.path.step) or feature
        lines += [f"column {column}: {reason.description.rstrip('. ')}." for reason in info.reason]
    return lines

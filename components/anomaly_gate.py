"""AnomalyGate: stops the run on anomalies that ExampleValidator reports, and on those that no schema can express."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils

from components.artifacts import DataApproval
from components.examples import read_split
from components.integrity import find_violations
from components.staging import staged
from vitrine.data.columns import PRODUCT_ID, QUERY
from vitrine.errors import AnomalyError

ANOMALIES_FILE = "SchemaDiff.pb"
QUERIES, PRODUCTS = "queries", "products"
"""The properties of an approval with the numbers of distinct queries and of products."""


@component
@staged
def AnomalyGate(  # noqa: N802  # a component's name is a type's
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    catalogue: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    judgement_anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    catalogue_anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    approval: tfx.dsl.components.OutputArtifact[DataApproval],
) -> None:
    """Raise AnomalyError with every anomaly of every split, or write the approval if there is none."""
    anomalies: list[str] = []
    checked: dict[str, list[str]] = {}
    for source, artifact in (("judgements", judgement_anomalies), ("catalogue", catalogue_anomalies)):
        checked[source] = artifact_utils.decode_split_names(artifact.split_names)
        for split in checked[source]:
            uri = artifact_utils.get_split_uri([artifact], split)
            prefix = source if len(checked[source]) == 1 else f"{source}/{split}"
            anomalies += [f"{prefix}: {line}" for line in read_anomalies(Path(uri) / ANOMALIES_FILE)]
    if not anomalies:  # otherwise columns may be missing
        judged = {split: read_split(judgements, split, (QUERY, PRODUCT_ID)) for split in checked["judgements"]}
        products = pa.concat_tables(read_split(catalogue, split, (PRODUCT_ID,)) for split in checked["catalogue"])
        anomalies = find_violations(judged, products)
        approval.set_int_custom_property(
            QUERIES, sum(pc.count_distinct(table[QUERY]).as_py() for table in judged.values())
        )
        approval.set_int_custom_property(PRODUCTS, products.num_rows)
    if anomalies:
        listed = "\n".join(f"  - {line}" for line in anomalies)
        noun = "anomaly" if len(anomalies) == 1 else "anomalies"
        raise AnomalyError(
            f"the data has {len(anomalies)} {noun}, so nothing was encoded:\n"
            f"{listed}\nCorrect the files, or prepare them again with `vitrine prepare … --on-error skip`."
        )
    Path(approval.uri, "approval.json").write_text(json.dumps(checked, indent=2), encoding="utf-8")


def read_anomalies(path: Path) -> list[str]:
    """Read an Anomalies proto and return a sentence for each, with the feature and the description."""
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

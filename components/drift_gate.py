"""DriftGate: warns of data that is distributed otherwise than the served model's, or stops the run."""

import json
from pathlib import Path
from typing import Final

from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils

from components.anomaly_gate import ANOMALIES_FILE
from components.artifacts import DriftFindings
from components.staging import staged
from vitrine import progress
from vitrine.errors import AnomalyError

FINDINGS: Final = "findings.json"
_BLESSED: Final = "blessed"
Anomalies = tfx.types.standard_artifacts.ExampleAnomalies


@component
@staged
def DriftGate(  # noqa: N802  # a component's name is a type's
    catalogue_drift: tfx.dsl.components.InputArtifact[Anomalies],
    findings: tfx.dsl.components.OutputArtifact[DriftFindings],
    action: tfx.dsl.components.Parameter[str],
    judgement_drift: tfx.dsl.components.InputArtifact[Anomalies] = None,
    judgement_skew: tfx.dsl.components.InputArtifact[Anomalies] = None,
) -> None:
    """Write the findings, and note each of them or, if `action` is "stop", raise AnomalyError with all.

    Drift is the distance from the data of the served model, skew that between the splits.
    """
    sources = {"catalogue": catalogue_drift, "judgements": judgement_drift, "skew of judgements": judgement_skew}
    found = [line for name, anomalies in sources.items() if anomalies for line in _findings(name, anomalies)]
    if found and action == "stop":
        listed = "\n".join(f"  - {line}" for line in found)
        raise AnomalyError(
            f"the data is distributed otherwise than that of the served model, so nothing was encoded:\n{listed}\n"
            "Correct the files, or let it pass with --set data.drift=warn."
        )
    for line in found:
        progress.note(f"drift: {line}")
    Path(findings.uri, FINDINGS).write_text(json.dumps(found, indent=2), encoding="utf-8")


def _findings(source: str, anomalies: Artifact) -> list[str]:
    """Return a sentence for each distance above its threshold. Features without values are not compared."""
    if not anomalies.split_names:  # there is no baseline
        return []
    found = []
    for pair in artifact_utils.decode_split_names(anomalies.split_names):
        path = Path(anomalies.uri, f"SplitPair-{pair}", ANOMALIES_FILE)
        proto = anomalies_pb2.Anomalies()
        with fileio.open(str(path), "rb") as file:
            proto.ParseFromString(file.read())
        for feature, info in sorted(proto.anomaly_info.items()):
            column = ".".join(info.path.step) or feature
            found += [
                f"{source} ({pair.replace('_', ' against ')}): column {column}: {reason.description.rstrip('. ')}."
                for reason in info.reason
                if reason.type != anomalies_pb2.AnomalyInfo.STATS_NOT_AVAILABLE
            ]
    return found

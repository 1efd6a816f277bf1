"""Drift of real statistics: DistributionValidator's anomalies and what DriftGate makes of them."""

import json
from pathlib import Path

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tfx.types import artifact_utils, channel_utils, standard_artifacts

from components.artifacts import DriftFindings
from components.distribution_validator import DistributionValidator, Executor, drift_config
from components.drift_gate import FINDINGS, DriftGate
from pipelines.stages.contracts import contract
from vitrine.errors import AnomalyError

Anomalies = standard_artifacts.ExampleAnomalies
Statistics = standard_artifacts.ExampleStatistics


def statistics(folder: Path, **splits: pd.DataFrame) -> Statistics:
    """Write the statistics of splits, as StatisticsGen does."""
    artifact = Statistics()
    artifact.uri, artifact.split_names = str(folder), artifact_utils.encode_split_names(list(splits))
    for split, table in splits.items():
        path = Path(artifact_utils.get_split_uri([artifact], split), "FeatureStats.pb")
        path.parent.mkdir(parents=True)
        path.write_bytes(tfdv.generate_statistics_from_dataframe(table).SerializeToString())
    return artifact


def validate(
    folder: Path, present: Statistics, baseline: Statistics | None, comparator: str, *pairs: tuple[str, str]
) -> Anomalies:
    """Run the node as the component configures it."""
    name = "judgements" if "train" in present.split_names else "catalogue"
    channel = channel_utils.as_channel([present])
    node = DistributionValidator(channel, None, drift_config(contract(name), comparator), pairs)
    anomalies = Anomalies()
    anomalies.uri = str(folder)
    inputs = {"statistics": [present]} | ({"baseline_statistics": [baseline]} if baseline else {})
    properties = dict(node.exec_properties)
    properties["distribution_validator_config"] = drift_config(contract(name), comparator)
    Executor().Do(inputs, {"anomalies": [anomalies]}, properties)
    return anomalies


def gate(folder: Path, action: str, **anomalies: Anomalies) -> list[str]:
    findings = DriftFindings()
    findings.uri = str(folder / "findings")
    Path(findings.uri).mkdir()
    DriftGate.EXECUTOR_SPEC.executor_class._FUNCTION(findings=findings, action=action, **anomalies)
    return json.loads(Path(findings.uri, FINDINGS).read_text(encoding="utf-8"))


def catalogue(**categories: int) -> pd.DataFrame:
    names = [name for name, count in categories.items() for _ in range(count)]
    return pd.DataFrame({"product_id": [str(row) for row in range(len(names))], "category": names})


def judgements(**labels: int) -> pd.DataFrame:
    return pd.DataFrame({"esci_label": [label for label, count in labels.items() for _ in range(count)]})


def catalogue_drift(folder: Path, present: pd.DataFrame, served: pd.DataFrame | None) -> Anomalies:
    baseline = statistics(folder / "served", products=served) if served is not None else None
    return validate(folder / "drift", statistics(folder / "present", products=present), baseline, "drift_comparator")


def test_another_distribution_than_in_the_served_catalogue_is_found(tmp_path: Path) -> None:
    drift = catalogue_drift(tmp_path, catalogue(mug=50, sofa=150), catalogue(mug=150, sofa=50))
    (finding,) = gate(tmp_path, "warn", catalogue_drift=drift)
    assert finding.startswith("catalogue (products against products): column category: ")
    assert "above the threshold 0.05" in finding


def test_drift_stops_the_run_where_it_shall(tmp_path: Path) -> None:
    drift = catalogue_drift(tmp_path, catalogue(mug=50, sofa=150), catalogue(mug=150, sofa=50))
    with pytest.raises(AnomalyError, match=r"column category.*\n.*--set data.drift=warn"):
        gate(tmp_path, "stop", catalogue_drift=drift)


def test_small_changes_and_columns_without_values_are_no_drift(tmp_path: Path) -> None:
    drift = catalogue_drift(tmp_path, catalogue(mug=110, sofa=90), catalogue(mug=100, sofa=100))
    assert gate(tmp_path, "stop", catalogue_drift=drift) == []


def test_a_first_run_has_nothing_to_compare_with(tmp_path: Path) -> None:
    drift = catalogue_drift(tmp_path, catalogue(mug=100), None)
    assert gate(tmp_path, "stop", catalogue_drift=drift) == []


def test_splits_with_other_labels_are_skewed(tmp_path: Path) -> None:
    present = statistics(tmp_path / "present", train=judgements(E=100, I=100), eval=judgements(E=40, I=160))
    skew = validate(tmp_path / "skew", present, present, "skew_comparator", ("eval", "train"))
    drift = catalogue_drift(tmp_path, catalogue(mug=10), None)
    (finding,) = gate(tmp_path, "warn", catalogue_drift=drift, judgement_skew=skew)
    assert finding.startswith("skew of judgements (eval against train): column esci_label: ")


def test_the_thresholds_are_those_of_the_contract() -> None:
    config = drift_config(contract("catalogue"), "drift_comparator").default_slice_config
    assert [feature.path.step[0] for feature in config.feature] == ["brand", "color", "category", "price"]
    skew = drift_config(contract("judgements"), "skew_comparator").default_slice_config
    assert [feature.path.step[0] for feature in skew.feature] == ["esci_label"]

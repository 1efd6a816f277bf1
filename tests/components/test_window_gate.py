from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.types import standard_artifacts

from components.anomaly_gate import PRODUCTS, QUERIES
from components.artifacts import DataApproval
from components.examples import read_split
from components.window_gate import WindowGate
from tests.components.test_catalogue_gate import JUDGED, catalogue, examples, validated
from vitrine.data.columns import JUDGEMENTS, PRODUCT_ID, WEIGHT, WEIGHTED
from vitrine.errors import AnomalyError

Examples = standard_artifacts.Examples


def gate(
    folder: Path,
    *products: str,
    max_unjudged: float = 0.5,
    held_out: list[dict[str, str]] = JUDGED[30:],
    anomalies: anomalies_pb2.Anomalies | None = None,
) -> tuple[DataApproval, Examples]:
    """Judge p0 to p9 for each of four queries, the fourth of which is held out, and compare with a catalogue."""
    approval, remaining = DataApproval(), Examples()
    approval.uri, remaining.uri = str(folder), str(folder / "remaining")
    WindowGate.EXECUTOR_SPEC.executor_class._FUNCTION(
        judgements=examples(folder / "judgements", train=JUDGED[:30], eval=held_out),
        catalogue=catalogue(folder / "catalogue", *products),
        judgement_anomalies=validated(folder / "judgement_anomalies", anomalies or anomalies_pb2.Anomalies()),
        catalogue_anomalies=validated(folder / "catalogue_anomalies", anomalies_pb2.Anomalies()),
        approval=approval,
        remaining_judgements=remaining,
        max_unjudged=max_unjudged,
    )
    return approval, remaining


def test_judgements_of_products_that_left_the_catalogue_are_left_out(tmp_path: Path) -> None:
    approval, remaining = gate(tmp_path, *(f"p{n}" for n in range(3, 12)))
    for split, queries in (("train", 3), ("eval", 1)):
        table = read_split(remaining, split, JUDGEMENTS)
        assert table.num_rows == 7 * queries
        assert set(table[PRODUCT_ID].to_pylist()) == {f"p{n}" for n in range(3, 10)}
    assert approval.get_int_custom_property(PRODUCTS) == 9
    assert approval.get_int_custom_property(QUERIES) == 4


def test_too_many_judgements_of_gone_products_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(AnomalyError, match=r"30.0% are of products that are not in the catalogue.*data.spans"):
        gate(tmp_path, *(f"p{n}" for n in range(3, 10)), max_unjudged=0.2)


def test_a_query_in_both_splits_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(AnomalyError, match="'mug 0' is in judgements/train as well"):
        gate(tmp_path, *(f"p{n}" for n in range(10)), held_out=JUDGED[:1])


def test_reported_anomalies_stop_the_run(tmp_path: Path) -> None:
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["query"].reason.add(description="is missing")
    with pytest.raises(AnomalyError, match="column query: is missing"):
        gate(tmp_path, "p1", anomalies=anomalies)


def test_judgements_keep_their_weights(tmp_path: Path) -> None:
    weighed = [row | {"weight": 0.25 if row["product_id"] == "p1" else None} for row in JUDGED[30:]]
    _, remaining = gate(tmp_path, *(f"p{n}" for n in range(10)), held_out=weighed)
    table = read_split(remaining, "eval", WEIGHTED)
    weights = dict(zip(table[PRODUCT_ID].to_pylist(), table[WEIGHT].to_pylist(), strict=True))
    assert weights == dict.fromkeys(weights) | {"p1": 0.25}

from pathlib import Path

import pyarrow as pa
import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx.types import artifact_utils, standard_artifacts

from components.anomaly_gate import ANOMALIES_FILE, PRODUCTS, QUERIES
from components.artifacts import DataApproval
from components.catalogue_gate import CatalogueGate
from components.examples import read_split, write_splits
from vitrine.data.columns import JUDGEMENTS, PRODUCT_ID
from vitrine.data.contract.refresh_settings import RefreshSettings
from vitrine.errors import AnomalyError

Examples = standard_artifacts.Examples
JUDGED = [
    {"query_id": f"q{query}", "query": f"mug {query}", "product_id": f"p{product}", "esci_label": "E", "source": "web"}
    for query in range(4)
    for product in range(10)
]


def examples(uri: Path, **splits: list[dict[str, str]]) -> Examples:
    artifact = Examples()
    artifact.uri = str(uri)
    write_splits(artifact, {split: _table(rows) for split, rows in splits.items()})
    return artifact


def _table(rows: list[dict[str, str]]) -> pa.Table:
    """Return a table with weights of 32 bits, which examples have."""
    table = pa.Table.from_pylist(rows)
    types = [pa.float32() if kind == pa.float64() else kind for kind in table.schema.types]
    return table.cast(pa.schema(zip(table.column_names, types, strict=True)))


def catalogue(uri: Path, *products: str) -> Examples:
    return examples(uri, products=[{"product_id": product, "title": "mug"} for product in products])


def validated(folder: Path, anomalies: anomalies_pb2.Anomalies) -> standard_artifacts.ExampleAnomalies:
    artifact = standard_artifacts.ExampleAnomalies()
    artifact.uri, artifact.split_names = str(folder), artifact_utils.encode_split_names(["products"])
    path = Path(artifact_utils.get_split_uri([artifact], "products"), ANOMALIES_FILE)
    path.parent.mkdir(parents=True)
    path.write_bytes(anomalies.SerializeToString())
    return artifact


def gate(
    folder: Path,
    *products: str,
    served: bool = True,
    anomalies: anomalies_pb2.Anomalies | None = None,
    **limits: float,
) -> tuple[DataApproval, Examples]:
    """Compare a catalogue with the served one of p0 to p9, of which every one is judged for each of four queries."""
    approval, remaining = DataApproval(), Examples()
    approval.uri, remaining.uri = str(folder), str(folder / "remaining")
    judgements = examples(folder / "judgements", train=JUDGED[:30], eval=JUDGED[30:])
    optional = {"served_catalogue": catalogue(folder / "served", *(f"p{n}" for n in range(10)))} if served else {}
    CatalogueGate.EXECUTOR_SPEC.executor_class._FUNCTION(
        catalogue=catalogue(folder / "catalogue", *products),
        catalogue_anomalies=validated(folder / "anomalies", anomalies or anomalies_pb2.Anomalies()),
        judgements=judgements,
        approval=approval,
        remaining_judgements=remaining,
        settings=RefreshSettings(**limits).model_dump_json(),
        **optional,
    )
    return approval, remaining


MOST = tuple(f"p{n}" for n in range(1, 10))


def test_judgements_of_removed_products_are_left_out_and_the_others_are_whole(tmp_path: Path) -> None:
    approval, remaining = gate(tmp_path, *MOST, "new")
    for split, judged in (("train", JUDGED[:30]), ("eval", JUDGED[30:])):
        assert read_split(remaining, split, JUDGEMENTS).to_pylist() == [
            row for row in judged if row[PRODUCT_ID] != "p0"
        ]
    assert (approval.get_int_custom_property(QUERIES), approval.get_int_custom_property(PRODUCTS)) == (4, 10)


def test_a_catalogue_that_lost_too_many_products_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnomalyError) as caught:
        gate(tmp_path, *MOST[:5], "new")
    assert "50.0% of the 10 products that are served are gone, and refresh.max_removed allows 10.0%." in str(
        caught.value
    )


def test_the_limit_can_be_raised_for_an_intended_change(tmp_path: Path) -> None:
    _, remaining = gate(tmp_path, *MOST[:5], max_removed=0.5)
    assert read_split(remaining, "eval", (PRODUCT_ID,)).num_rows == 5


def test_a_catalogue_that_few_judgements_are_about_needs_new_ones(tmp_path: Path) -> None:
    with pytest.raises(AnomalyError, match=r"70\.0% of the judgements .* allows 50\.0%; a whole run"):
        gate(tmp_path, *MOST[:3], max_removed=1.0)


def test_a_catalogue_that_no_judgement_is_about_cannot_be_evaluated(tmp_path: Path) -> None:
    with pytest.raises(AnomalyError, match="judgements/eval: none of a product in the catalogue is left"):
        gate(tmp_path, "new", max_removed=1.0, max_unjudged=1.0)


def test_the_first_catalogue_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    _, remaining = gate(tmp_path, *MOST[:5], served=False)
    assert read_split(remaining, "train", (PRODUCT_ID,)).num_rows == 15


def test_repeated_ids_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnomalyError, match="column product_id: 'p1' is in more than one row"):
        gate(tmp_path, *MOST, "p1")


def test_anomalies_of_the_contract_come_first(tmp_path: Path) -> None:
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info["price"].reason.add(description="Unexpectedly low value: -4")
    with pytest.raises(AnomalyError) as caught:
        gate(tmp_path, "p1", anomalies=anomalies)
    assert str(caught.value).splitlines()[1:2] == ["  - catalogue: column price: Unexpectedly low value: -4."]

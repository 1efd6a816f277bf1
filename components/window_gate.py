"""WindowGate: AnomalyGate's counterpart for judgements of spans, some of whose products have left the catalogue."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.types import artifact_utils

from components.anomaly_gate import PRODUCTS, QUERIES, reported_anomalies, require_none
from components.artifacts import DataApproval
from components.examples import read_split, write_splits
from components.integrity import find_violations, share_gone
from components.staging import staged
from vitrine import progress
from vitrine.data.columns import PRODUCT_ID, QUERY, SPLITS, WEIGHTED


@component
@staged
def WindowGate(  # noqa: N802  # a component's name is a type's
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    catalogue: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    judgement_anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    catalogue_anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    approval: tfx.dsl.components.OutputArtifact[DataApproval],
    remaining_judgements: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Examples],
    max_unjudged: tfx.dsl.components.Parameter[float],
) -> None:
    """Approve the data, and write the judgements of products that are in the catalogue.

    Raises AnomalyError with every anomaly of every split, or if more than the share `max_unjudged` of the judgements
    are of products that the catalogue lacks.
    """
    anomalies = [
        *reported_anomalies("judgements", judgement_anomalies),
        *reported_anomalies("catalogue", catalogue_anomalies),
    ]
    require_none(anomalies)  # columns may be missing
    judged = {split: read_split(judgements, split, WEIGHTED) for split in SPLITS}
    parts = artifact_utils.decode_split_names(catalogue.split_names)
    products = pa.concat_tables(read_split(catalogue, split, (PRODUCT_ID,)) for split in parts)
    ids = products[PRODUCT_ID]
    remaining = {split: table.filter(pc.is_in(table[PRODUCT_ID], value_set=ids)) for split, table in judged.items()}
    unjudged = share_gone(pa.concat_tables(judged.values())[PRODUCT_ID], ids)
    if unjudged > max_unjudged:
        anomalies.append(
            f"judgements: {unjudged:.1%} are of products that are not in the catalogue, and refresh.max_unjudged "
            f"allows {max_unjudged:.1%}; a shorter window (data.spans) leaves old judgements out."
        )
    anomalies += [
        f"judgements/{split}: none of a product in the catalogue is left."
        for split, table in remaining.items()
        if not len(table)
    ]
    anomalies += find_violations(remaining, products)
    require_none(anomalies)
    write_splits(remaining_judgements, remaining)
    queries = sum(pc.count_distinct(table[QUERY]).as_py() for table in remaining.values())
    approval.set_int_custom_property(QUERIES, queries)
    approval.set_int_custom_property(PRODUCTS, products.num_rows)
    Path(approval.uri, "approval.json").write_text(json.dumps({"unjudged": unjudged}, indent=2), encoding="utf-8")
    rows = sum(len(table) for table in remaining.values())
    progress.note(f"{rows:,} judgements of the window; {unjudged:.1%} are left out, whose products are gone")

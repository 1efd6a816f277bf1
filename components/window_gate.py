"""WindowGate: AnomalyGate's counterpart for judgements of spans, some of whose products have left the catalogue."""

import json
from pathlib import Path

from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component

from components.anomaly_gate import reported_anomalies, require_none
from components.artifacts import DataApproval
from components.integrity import find_violations
from components.remaining_judgements import read_products, read_remaining, write_remaining
from components.staging import staged
from vitrine import progress
from vitrine.data.columns import PRODUCT_ID


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
    products = read_products(catalogue)
    remaining = read_remaining(judgements, products[PRODUCT_ID])
    unjudged = remaining.unjudged
    if unjudged > max_unjudged:
        anomalies.append(
            f"judgements: {unjudged:.1%} are of products that are not in the catalogue, and refresh.max_unjudged "
            f"allows {max_unjudged:.1%}; a shorter window (data.spans) leaves old judgements out."
        )
    anomalies += [*remaining.anomalies, *find_violations(remaining.splits, products)]
    require_none(anomalies)
    write_remaining(remaining_judgements, approval, remaining, products.num_rows)
    Path(approval.uri, "approval.json").write_text(json.dumps({"unjudged": unjudged}, indent=2), encoding="utf-8")
    rows = sum(len(table) for table in remaining.splits.values())
    progress.note(f"{rows:,} judgements of the window; {unjudged:.1%} are left out, whose products are gone")

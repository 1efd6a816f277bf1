"""CatalogueGate: AnomalyGate's counterpart in a catalogue run, whose judgements are those of an earlier run."""

import json
from pathlib import Path

import pyarrow.compute as pc
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component

from components.anomaly_gate import reported_anomalies, require_none
from components.artifacts import DataApproval
from components.integrity import find_repeated, share_gone
from components.remaining_judgements import read_products, read_remaining, write_remaining
from components.staging import staged
from vitrine import progress
from vitrine.data.columns import PRODUCT_ID
from vitrine.data.contract.refresh_settings import RefreshSettings


@component
@staged
def CatalogueGate(  # noqa: N802  # a component's name is a type's
    catalogue: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    catalogue_anomalies: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ExampleAnomalies],
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    approval: tfx.dsl.components.OutputArtifact[DataApproval],
    remaining_judgements: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Examples],
    settings: tfx.dsl.components.Parameter[str],
    served_catalogue: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples] = None,
) -> None:
    """Approve the catalogue, and write the `judgements` of products that are in it.

    `settings` is JSON, the fields of RefreshSettings; `served_catalogue` is the one that is searched at present. Raises
    AnomalyError with every anomaly of the catalogue, or if it lacks more than the settings allow.
    """
    limits = RefreshSettings.model_validate_json(settings)
    require_none(reported_anomalies("catalogue", catalogue_anomalies))  # columns may be missing
    products = read_products(catalogue)
    ids = products[PRODUCT_ID]
    served = read_products(served_catalogue)[PRODUCT_ID] if served_catalogue else ids
    remaining = read_remaining(judgements, ids)
    removed, unjudged = share_gone(served, ids), remaining.unjudged
    anomalies = [*find_repeated(products), *remaining.anomalies]
    if removed > limits.max_removed:
        anomalies.append(
            f"catalogue: {removed:.1%} of the {len(served):,} products that are served are gone, and "
            f"refresh.max_removed allows {limits.max_removed:.1%}."
        )
    if unjudged > limits.max_unjudged:
        anomalies.append(
            f"catalogue: {unjudged:.1%} of the judgements are of products that are gone, and refresh.max_unjudged "
            f"allows {limits.max_unjudged:.1%}; a whole run with new judgements is due."
        )
    require_none(anomalies)
    write_remaining(remaining_judgements, approval, remaining, products.num_rows)
    Path(approval.uri, "approval.json").write_text(json.dumps({"removed": removed, "unjudged": unjudged}, indent=2))
    new = pc.sum(pc.invert(pc.is_in(ids, value_set=served))).as_py() or 0
    gone = pc.sum(pc.invert(pc.is_in(served, value_set=ids))).as_py() or 0
    progress.note(f"{len(ids):,} products: {new:,} new, {gone:,} removed; {1 - unjudged:.1%} of the judgements remain")

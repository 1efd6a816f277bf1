"""SearchAuditor: audits the exported search model before it is pushed, with the suites that the gate names."""

from dataclasses import replace
from pathlib import Path

from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component
from tfx.utils import path_utils

from components.artifacts import SearchAudit
from components.examples import read_split
from components.staging import staged
from vitrine import progress
from vitrine.data import columns
from vitrine.data.contract.judges import without_clicks


@component
@staged
def SearchAuditor(  # noqa: N802  # a component's name is a type's
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    index: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    audit: tfx.dsl.components.OutputArtifact[SearchAudit],
    settings: tfx.dsl.components.Parameter[str],
) -> None:
    """Write the report of an audit of the exported model behind a gateway in this process.

    `settings` is JSON, the fields of AuditSettings. RetrievalEvaluator refuses the model if a threshold is missed.
    """
    from vitrine.audit.data import read_index
    from vitrine.audit.local_target import exported_target
    from vitrine.audit.report import write_report
    from vitrine.audit.run import run_audit
    from vitrine.audit.settings import AuditSettings

    exported, indexed = (Path(path_utils.serving_model_path(artifact.uri)) for artifact in (model, index))
    train, held_out = (without_clicks(read_split(judgements, split, columns.JUDGEMENTS)) for split in columns.SPLITS)
    data = replace(read_index(indexed, held_out), model=exported, train=train)
    audit_settings = AuditSettings.model_validate_json(settings)
    with exported_target(exported, indexed) as target:
        found = run_audit(target, data, audit_settings, audit_settings.gated_suites)
    write_report(found, Path(audit.uri))
    for sentence in found.missed:
        progress.note(f"missed: {sentence}")

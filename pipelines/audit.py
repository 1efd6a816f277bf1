"""The audit of a run's pushed model, with the held-out judgements that the run read."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipelines.metadata.records import find_output
from pipelines.run_directory import RunDirectory
from vitrine.audit.data import AuditData, read_index
from vitrine.data import columns
from vitrine.data.contract.judges import without_clicks
from vitrine.evaluation.model_card import MODEL_CARD, with_audit
from vitrine.files.replacing import write_text
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.local_client import index_directory, newest_version

if TYPE_CHECKING:
    from vitrine.audit.run import Audit


def run_data(directory: RunDirectory) -> AuditData:
    """Return the newest pushed model and index of a run, and its judgements by people.

    Raises:
        DataError: Nothing was pushed, or the run has no judgements.
    """
    version = newest_version(directory.serving)
    data = read_index(index_directory(directory.serving, version), judgements(directory, "eval"))
    return replace(data, model=directory.serving / MODEL_NAME / str(version), train=judgements(directory, "train"))


def update_model_card(directory: RunDirectory, audit: "Audit") -> None:
    """Write the findings of an audit into the model card of the newest version; earlier runs have pushed none."""
    card = directory.serving / MODEL_NAME / str(newest_version(directory.serving)) / MODEL_CARD
    if not card.is_file():
        return
    measured = [section for section in audit.sections if not section.skipped]
    findings = [f"**{section.title}.** {section.reading}" for section in measured]
    missed = (
        ["Thresholds missed:\n\n" + "\n".join(f"* {sentence}" for sentence in audit.missed)] if audit.missed else []
    )
    write_text(card, with_audit(card.read_text(encoding="utf-8"), "\n\n".join([*findings, *missed])))


def judgements(directory: RunDirectory, split: str) -> pa.Table:
    """Return the judgements of a split of the latest run, with the columns of `columns.JUDGEMENTS`."""
    from vitrine.data.formats.tf_examples import read_columns

    examples: Path = find_output(directory, "EmbeddingGen", "examples").path
    return without_clicks(read_columns(f"{examples}/Split-{split}/*", columns.JUDGEMENTS))

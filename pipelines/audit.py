"""The audit of a run's pushed model, with the held-out judgements that the run read."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pipelines.metadata.records import find_output
from pipelines.run_directory import RunDirectory
from vitrine.audit.data import AuditData, read_index
from vitrine.audit.missed import read_findings
from vitrine.data import columns
from vitrine.data.contract.judges import without_clicks
from vitrine.evaluation.model_card import MODEL_CARD, with_audit
from vitrine.files.replacing import write_text
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.local_client import index_directory, newest_version


def run_data(directory: RunDirectory) -> AuditData:
    """Return the newest pushed model and index of a run, and its judgements by people.

    Raises:
        DataError: Nothing was pushed, or the run has no judgements.
    """
    version = newest_version(directory.serving)
    data = read_index(index_directory(directory.serving, version), judgements(directory, "eval"))
    return replace(data, model=directory.serving / MODEL_NAME / str(version), train=judgements(directory, "train"))


def update_model_card(directory: RunDirectory, report: Path) -> None:
    """Write the findings of the audit in the folder `report` into the newest version's card, if it has one."""
    card = directory.serving / MODEL_NAME / str(newest_version(directory.serving)) / MODEL_CARD
    if card.is_file():
        write_text(card, with_audit(card.read_text(encoding="utf-8"), read_findings(report)))


def judgements(directory: RunDirectory, split: str) -> pa.Table:
    """Return the judgements of a split of the latest run, with the columns of `columns.JUDGEMENTS`."""
    from vitrine.data.formats.tf_examples import read_columns

    examples: Path = find_output(directory, "EmbeddingGen", "examples").path
    return without_clicks(read_columns(f"{examples}/Split-{split}/*", columns.JUDGEMENTS))

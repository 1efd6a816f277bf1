"""The findings of an audit, and the thresholds that it says were missed. Imports nothing heavy."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from vitrine.errors import DataError

JSON: Final = "audit.json"
"""The file of a report that programs read."""


class _Section(BaseModel):
    title: str
    reading: str
    skipped: str = ""


class _Report(BaseModel):
    missed: list[str]
    sections: list[_Section] = []


def read_missed(folder: Path) -> list[str]:
    """Return a sentence for each missed threshold of the audit whose report is in `folder`.

    Raises:
        DataError: There is no report, or it is not as `vitrine.audit.report` writes it.
    """
    return _read(folder).missed


def read_findings(folder: Path) -> str:
    """Return the readings of the audit whose report is in `folder`, and what it missed, as Markdown paragraphs.

    Raises:
        DataError: As `read_missed`.
    """
    report = _read(folder)
    paragraphs = [f"**{section.title}.** {section.reading}" for section in report.sections if not section.skipped]
    if report.missed:
        paragraphs.append("Thresholds missed:\n\n" + "\n".join(f"* {sentence}" for sentence in report.missed))
    return "\n\n".join(paragraphs)


def _read(folder: Path) -> _Report:
    path = folder / JSON
    try:
        return _Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{path}: not the report of an audit: {str(error).splitlines()[0]}") from None

"""The thresholds that an audit's report says were missed. Imports nothing heavy."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from vitrine.errors import DataError

JSON: Final = "audit.json"
"""The file of a report that programs read."""


class _Report(BaseModel):
    missed: list[str]


def read_missed(folder: Path) -> list[str]:
    """Return a sentence for each missed threshold of the audit whose report is in `folder`.

    Raises:
        DataError: There is no report, or it is not as `vitrine.audit.report` writes it.
    """
    path = folder / JSON
    try:
        return _Report.model_validate_json(path.read_bytes()).missed
    except (OSError, ValidationError) as error:
        raise DataError(f"{path}: not the report of an audit: {str(error).splitlines()[0]}") from None

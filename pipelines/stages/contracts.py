"""The contracts of the data: Schema protos as text."""

from pathlib import Path

import modules

SCHEMAS = Path(modules.__file__).parent / "schemas"


def contract(folder: str) -> str:
    """Return the contract of the files in `catalogue` or `judgements`."""
    return (SCHEMAS / f"{folder}.pbtxt").read_text(encoding="utf-8")

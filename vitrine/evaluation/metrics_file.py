"""The file of an artifact's metrics, which the report is made from. Imports nothing heavy."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_NAME: Final = "metrics.json"


def read_metrics(folder: Path) -> dict[str, Any]:
    """Return the metrics in `folder`. Raises OSError if there are none."""
    metrics: dict[str, Any] = json.loads((folder / _NAME).read_text(encoding="utf-8"))
    return metrics


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Write the metrics of an artifact into its `folder`."""
    (folder / _NAME).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")

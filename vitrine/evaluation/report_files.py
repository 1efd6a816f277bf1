"""What an evaluation leaves behind."""

from typing import Final

METRICS_FILE: Final = "metrics.json"
"""Every figure of the report."""

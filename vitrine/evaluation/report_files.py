"""Names of the files that an evaluation writes."""

from typing import Final

METRICS_FILE: Final = "metrics.json"
"""All figures of the report."""

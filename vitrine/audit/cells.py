"""Cells of tables with an estimate."""

from math import isnan

from vitrine.markdown import interval
from vitrine.metrics.bootstrap import Estimate


def interval_cell(estimate: Estimate) -> str:
    """Return an estimate with its 95% interval; a dash if it could not be measured."""
    return "–" if isnan(estimate.value) else interval(estimate.value, estimate.low, estimate.high)

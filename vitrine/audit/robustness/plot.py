"""The plot of the losses by form."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from vitrine.metrics.bootstrap import Estimate
from vitrine.plots.png import png_bytes

_BEYOND, _WITHIN = "#b3261e", "#4a7fb5"


def draw_losses(names: Sequence[str], losses: Sequence[Estimate]) -> bytes:
    """Return a PNG of the mean loss of nDCG@10 of each form, with its 95% interval.

    Losses whose interval is above 0 have another colour.
    """
    figure = Figure(figsize=(8, 0.6 + 0.26 * len(names)), layout="constrained")
    axes = figure.subplots()
    rows = range(len(names))
    for row, loss in zip(rows, losses, strict=True):
        colour = _BEYOND if loss.low > 0 else _WITHIN
        axes.barh(row, loss.value, color=colour, alpha=0.6)
        axes.plot((loss.low, loss.high), (row, row), color=colour)
    axes.set_yticks(rows, names, parse_math=False)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("loss of nDCG@10, with 95% interval")
    axes.spines[["top", "right"]].set_visible(False)
    return png_bytes(figure)

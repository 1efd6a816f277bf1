"""Tables and the plot of the suite `exposure`."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure as Drawing

from vitrine.audit.cells import interval_cell
from vitrine.audit.exposure.attention import Shares
from vitrine.audit.exposure.measure import Exposure
from vitrine.audit.exposure.stages import SERVED
from vitrine.audit.section import Cell, Plot, Table
from vitrine.plots.png import png_bytes

SHOWN: Final = 12
"""The most groups of a table and of a plot, those with the largest gaps."""
_NOTE: Final = (
    "deserved: the share of the gain of the queries' judged products; ratio: attention over deserved; gap: attention "
    "minus deserved, negative for a group that is shown less than its relevant products deserve"
)


def beyond(share: Shares, lowest: float) -> bool:
    """Return whether the whole interval of a ratio is below `lowest`, or above its inverse."""
    return share.ratio.high < lowest or share.ratio.low > 1 / lowest


def share_table(exposure: Exposure, lowest: float) -> Table:
    """List the groups with the largest gaps as served, with the gaps of the earlier stages."""
    stages = list(exposure.shares)
    served = exposure.shares[SERVED]
    total = max(sum(share.products for share in served), 1)
    places = sorted(range(len(served)), key=lambda place: -abs(served[place].gap.value))[:SHOWN]
    rows: list[list[Cell]] = [
        [
            served[place].group,
            served[place].products / total,
            served[place].deserved.value,
            served[place].attention.value,
            interval_cell(served[place].ratio),
            *(interval_cell(exposure.shares[stage][place].gap) for stage in stages),
            "yes" if beyond(served[place], lowest) else "",
        ]
        for place in places
    ]
    gaps = [f"gap {stage}" for stage in stages]
    columns = ["group", "of the catalogue", "deserved", "attention", "ratio", *gaps, "flagged"]
    return Table(f"Attention by {exposure.grouping.name}", columns, rows, _NOTE)


def gini_table(exposures: Sequence[Exposure]) -> Table:
    """List the concentration of attention on brands, by stage."""
    rows: list[list[Cell]] = []
    for exposure in exposures:
        if exposure.deserved_gini is None:
            continue
        rows.append(["deserved", interval_cell(exposure.deserved_gini)])
        rows += [[stage, interval_cell(estimate)] for stage, estimate in exposure.gini.items()]
    note = "0: every brand receives the same; near 1: one brand receives everything"
    return Table("Gini coefficient of the attention of brands", ("stage", "gini"), rows, note)


def gap_plot(exposures: Sequence[Exposure]) -> Plot:
    """Draw the gaps of the groups at each stage, with their intervals."""
    drawing = Drawing(figsize=(4 * max(len(exposures), 1), 5), layout="constrained")
    all_axes = drawing.subplots(1, max(len(exposures), 1), squeeze=False)[0]
    for axes, exposure in zip(all_axes, exposures, strict=False):
        served = exposure.shares[SERVED]
        places = sorted(range(len(served)), key=lambda place: abs(served[place].gap.value))[-SHOWN:]
        for offset, (stage, shares) in enumerate(exposure.shares.items()):
            gaps = [shares[place].gap for place in places]
            values = np.array([[gap.value, gap.low, gap.high] for gap in gaps]).reshape(-1, 3)
            heights = np.arange(len(places)) + 0.2 * (offset - 1)
            axes.errorbar(values[:, 0], heights, xerr=np.abs(values[:, 1:] - values[:, :1]).T, fmt="o", label=stage)
        axes.set_yticks(range(len(places)), [served[place].group for place in places], parse_math=False)
        axes.axvline(0, color="#999999", linewidth=1)
        axes.set_title(exposure.grouping.name)
    if exposures:
        all_axes[-1].legend(fontsize=8)
    caption = "Attention minus what relevant products deserve, by stage; the largest gaps"
    return Plot("exposure", caption, png_bytes(drawing))

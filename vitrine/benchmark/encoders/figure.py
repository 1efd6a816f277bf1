"""The figure of the table of encoders."""

from pathlib import Path
from typing import Final

from vitrine.benchmark.encoders.table_json import ALL, METRICS, EncoderTable
from vitrine.benchmark.encoders.text import HEADINGS, NAMES

COLOURS: Final = ("#1f3b64", "#c8702a", "#3b8a5a", "#8a3b76", "#777777")


def draw(figures: EncoderTable, path: Path) -> None:
    """Write a PNG: each task's metrics of all queries with their 95% intervals, a colour for each encoder."""
    from matplotlib.figure import Figure  # not pyplot, which needs a display and keeps state

    tasks = {task: of_task["slices"][ALL] for task, of_task in figures["tasks"].items()}
    colours = {encoder["source"]: COLOURS[i % len(COLOURS)] for i, encoder in enumerate(figures["encoders"])}
    rows = {task: list(whole["metrics"][METRICS[task][0]]) for task, whole in tasks.items()}
    heights = [0.25 * len(METRICS[task]) * (len(sources) + 1) for task, sources in rows.items()]
    figure = Figure(figsize=(8, 1.5 + sum(heights) + 0.6 * len(tasks)), layout="constrained")
    panels = figure.subplots(len(tasks), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for axes, (task, whole) in zip(panels, tasks.items(), strict=True):
        sources, metrics = rows[task], METRICS[task]
        for row, metric in enumerate(metrics):
            for place, source in enumerate(sources):
                each, y = whole["metrics"][metric][source], -row * (len(sources) + 1) - place
                axes.plot([each["low"], each["high"]], [y, y], color=colours[source], alpha=0.4, linewidth=5)
                axes.plot(each["value"], y, "o", color=colours[source], label=source if row == 0 else None)
                text = f"{each['value']:.3f}"
                axes.annotate(text, (each["high"], y), (7, 0), textcoords="offset points", va="center")
        middle = (len(sources) - 1) / 2
        names = [NAMES.get((task, metric), metric) for metric in metrics]
        axes.set_yticks([-row * (len(sources) + 1) - middle for row in range(len(metrics))], names)
        axes.set_title(f"{HEADINGS[task]}, {whole['queries']:,} queries", fontsize=10)
        axes.margins(x=0.12, y=0.1)
        axes.grid(axis="x", color="#dddddd")
        axes.spines[["top", "right", "left"]].set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", frameon=False)
    figure.suptitle(f"{figures['name']}, 95% intervals")
    figure.savefig(path, dpi=110)

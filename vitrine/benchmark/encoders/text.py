"""The table of encoders as Markdown, which is readable on a terminal, too."""

from typing import Final

from vitrine.benchmark.encoders.table_json import (
    ALL,
    MAIN,
    METRICS,
    SEARCH,
    TITLES,
    TO_IMAGE,
    TO_TEXT,
    WITH_EXACT,
    EncoderFigure,
    EncoderTable,
    TableCounts,
    TaskSlice,
)
from vitrine.markdown import interval, table

HEADINGS: Final = {
    SEARCH: "Query → product",
    TO_IMAGE: "Text → image",
    TO_TEXT: "Image → text",
    TITLES: "Own title → product",
}
SEEN: Final = "Tuning on texts and images holds these products out; training from scratch does not."
NAMES: Final = {(TITLES, "recall@5"): "top-5 accuracy"}
"""The names of metrics in a task, where they are others than in the file."""


def as_markdown(figures: EncoderTable) -> str:
    """Render the table of encoders."""
    parts = [f"# Encoders of `{figures['name']}`", _encoders(figures), task_tables(figures)]
    return "\n\n".join(parts) + f"\n\n{figures['seconds']:.0f} s.\n"


def task_tables(figures: EncoderTable, level: int = 2) -> str:
    """Render the tables of all tasks, under headings of a `level`."""
    parts = []
    for task, of_task in figures["tasks"].items():
        slices = of_task["slices"]
        parts += [f"{'#' * level} {HEADINGS[task]}", _meaning(task, figures)]
        parts += [_overall(task, slices[name], name) for name in (ALL, WITH_EXACT) if name in slices]
        if len(slices) > 1:
            parts.append(_slices(task, slices))
    parts.append(
        "Means over queries with 95% bootstrap intervals; differences are to the first encoder of a table, with the "
        "p-value of a paired randomisation test. Several figures are compared: a p-value just below .05 may be chance."
    )
    return "\n\n".join(parts)


def _encoders(figures: EncoderTable) -> str:
    lines = []
    for encoder in figures["encoders"]:
        reads = "texts and images" if encoder["encodes_images"] else "texts"
        same = f", the same as `{encoder['same_as']}`" if "same_as" in encoder else ""
        lines.append(f"- `{encoder['source']}`: {encoder['kind']}, {encoder['dimension']} dimensions, {reads}{same}")
    return "\n".join(lines)


def _meaning(task: str, figures: EncoderTable) -> str:
    counts, searched = figures["counts"], f"{figures['tasks'][task]['candidates']:,}"
    held_out = f"{counts['held_out']:,} products, about a fifth of the catalogue by a hash"
    if task == SEARCH:
        return (
            f"The queries of the eval split search the {searched} distinct texts ({', '.join(figures['text_fields'])}) "
            f"of {counts['products']:,} products by similarity alone. Unjudged products count as irrelevant. "
            + _categories(counts)
        ).strip()
    if task == TITLES:
        return (
            f"The titles of {held_out}, search the {searched} texts of that fifth. This is how student projects report "
            "encoders. It is much easier than a search of the whole catalogue: there are fewer candidates, and the "
            f"query is a part of the text that it should find. {SEEN}"
        )
    kinds = ("titles", "images") if task == TO_IMAGE else ("images", "titles")
    left_out = [f"`{encoder['source']}`" for encoder in figures["encoders"] if not encoder["encodes_images"]]
    missing = f" Not measured, since they read no images: {', '.join(left_out)}." if left_out else ""
    return (
        f"The {kinds[0]} of {held_out}, search the {searched} {kinds[1]} of that fifth. Products of the same text and "
        f"those with near-duplicate images are on one side of the split. {SEEN}{missing}"
    )


def _categories(counts: TableCounts) -> str:
    if not counts["head_categories"]:
        return ""
    return (
        f"The tail are the {counts['tail_categories']} rarest categories, which together have at most a fifth of the "
        f"products; the head are the other {counts['head_categories']}."
    )


def _overall(task: str, whole: TaskSlice, name: str) -> str:
    metrics = METRICS[task]
    kind = "" if name == ALL else f" {name}"
    header = [f"{whole['queries']:,} queries{kind}", *(NAMES.get((task, metric), metric) for metric in metrics)]
    rows = []
    for source in whole["metrics"][metrics[0]]:
        figures = [whole["metrics"][metric][source] for metric in metrics]
        rows.append([source, *(interval(each["value"], each["low"], each["high"]) for each in figures)])
        if "difference" in figures[0]:
            rows.append(["difference", *map(_difference, figures)])
    return table(header, rows)


def _slices(task: str, slices: dict[str, TaskSlice]) -> str:
    metric = MAIN[task]
    sources = list(slices[ALL]["metrics"][metric])
    header = [NAMES.get((task, metric), metric), "queries", *sources]
    rows = []
    for name, part in slices.items():
        figures = part["metrics"][metric]
        cells = [f"{figures[source]['value']:.3f}" for source in sources]
        shown = [f"{cell} ({_difference(figures[source])})" if "difference" in figures[source] else cell
                 for cell, source in zip(cells, sources, strict=True)]  # fmt: skip
        rows.append([name, f"{part['queries']:,}", *shown])
    return table(header, rows)


def _difference(figure: EncoderFigure) -> str:
    difference = figure["difference"]
    bounds = f"[{difference['low']:+.3f}, {difference['high']:+.3f}]"
    return f"{difference['value']:+.3f} {bounds}, p = {difference['p_value']:.4f}"

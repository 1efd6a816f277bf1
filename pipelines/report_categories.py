"""The section of the report on the category head."""

from typing import Final

from vitrine.categories.figures import CategoryFigures, InputFigures, Scores
from vitrine.markdown import table

METRICS: Final = ("top1", "top3", "top5", "macro_f1", "head_f1", "tail_f1", "balanced_accuracy", "calibration_error")
CONFUSIONS: Final = 5


def category_section(figures: CategoryFigures) -> str:
    """Render the figures, or why there is no head."""
    if reason := figures.get("not_trained"):
        return f"## Categories\n\nNo category head: {reason}."
    rows = [
        [f"{name}: {title}", *_scores(scores)]
        for name, each in figures["inputs"].items()
        for title, scores in _ways(each).items()
        if scores
    ]
    counts = ", ".join(f"{each['count']:,} by {name}" for name, each in figures["inputs"].items())
    introduction = (
        f"{figures['classes']} classes of {figures['products']:,} products; {figures['without_category']:,} products "
        f"have no category. {_rare(figures)}Each is predicted by a head that was trained on others: {counts}."
    )
    meaning = (
        f"`tail_f1` is the macro-F1 of the {figures['tail_classes']} rarest classes, which together have at most a "
        f"fifth of the products, `head_f1` that of the others.{_levels(figures)}"
    )
    parts = ["## Categories", introduction, table(["", *METRICS], rows), meaning]
    if figures["leaks"]:
        parts.append("The texts include the categories, so that predictions by text repeat them.")
    if figures["confusions"]:
        parts.append("Most confused:\n\n" + "\n".join(_confusions(figures)))
    if pictures := figures.get("confused"):
        parts.append(f"![Products of the most confused categories](<{pictures}>)")
    parts.append(
        f"The scores of each class, the plot of confusions and the predictions are in `{figures['directory']}`."
    )
    return "\n\n".join(parts)


def _ways(figures: InputFigures) -> dict[str, Scores | None]:
    return {
        "head": figures["head"],
        "similarity to names": figures["zero_shot"],
        "most frequent class": figures["majority"],
    }


def _scores(scores: Scores) -> list[str]:
    return [f"{scores[metric]:.3f}" if metric in scores else "" for metric in METRICS]


def _rare(figures: CategoryFigures) -> str:
    parts = []
    if merged := figures["merged"]:
        parts.append(f"{len(merged)} rare categories joined an ancestor")
    if left_out := figures["left_out"]:
        parts.append(f"{len(left_out)} with {sum(left_out.values()):,} products were left out")
    return f"{'; '.join(parts).capitalize()}. " if parts else ""


def _levels(figures: CategoryFigures) -> str:
    by_input = [
        f"{name} " + ", ".join(f"{share:.3f}" for share in each["levels"]) for name, each in figures["inputs"].items()
    ]
    has_levels = any(each["levels"] for each in figures["inputs"].values())
    return f" Right at the levels above, from the root: {'; '.join(by_input)}." if has_levels else ""


def _confusions(figures: CategoryFigures) -> list[str]:
    return [
        f"- {each['count']:,} of {each['category']} as {each['predicted']}, such as "
        + ", ".join(each["images"] or each["products"])
        for each in figures["confusions"][:CONFUSIONS]
    ]

"""The benchmark as Markdown, which is readable on a terminal, too."""

from typing import Final

from vitrine.benchmark.benchmark_json import DEPTH, UNJUDGED, Benchmark, CatalogueFigures, LabelFigures, Rankings
from vitrine.labels import LABELS
from vitrine.markdown import interval, table
from vitrine.metrics.figures import Interval, RankingFigures

POOLS: Final = ("ndcg@10", "ndcg", "mrr", "recall@10", "precision@10")
CATALOGUE: Final = ("ndcg@10", "recall@10", "recall@100")
SIGNIFICANT: Final = 0.05

PUBLISHED: Final = {
    "random order": 0.7483,
    "CLIP, text": 0.8107,
    "CLIP, image": 0.8225,
    "SBERT": 0.8292,
    "ESCI cross-encoder, fine-tuned": 0.8562,
}
"""nDCG of Task 1, US, as the SQID paper prints it (Al Ghossein, Chen and Tang 2024, arXiv:2405.15190)."""


def as_markdown(figures: Benchmark) -> str:
    """Render the benchmark's figures."""
    parts = [f"# Benchmark of `{figures['name']}`", _counts(figures), _pools(figures), _best(figures)]
    parts += [_catalogue(figures["catalogue"]), _labels(figures["labels"])]
    if figures["rankings"]["slices"]:
        parts.append(_slices(figures["rankings"]))
    if "published" in figures:
        parts.append(_published(figures["published"]))
    return "\n\n".join(parts) + f"\n\n{figures['seconds']:.0f} s.\n"


def _counts(figures: Benchmark) -> str:
    queries, judgements = figures["counts"]["queries"], figures["counts"]["judgements"]
    return (
        f"{figures['counts']['products']:,} products. {queries['eval']:,} held-out queries with "
        f"{judgements['eval']:,} judgements are measured; weights were chosen on {queries['train']:,} train queries, "
        f"a pair model's share on the {queries['validation']:,} of them that it was not trained on."
    )


def _pools(figures: Benchmark) -> str:
    rows = [
        [name, *(interval(**metrics[metric]) for metric in POOLS)]
        for name, metrics in figures["rankings"]["pools"].items()
    ]
    return (
        "## Ranking of the judged pools\n\n" + table(["", *POOLS], rows) + "\n\nMeans over queries with 95% bootstrap "
        "intervals. Gains: exact 1, substitute .1, complement .01; for MRR, recall and precision, exact is relevant."
    )


def _best(figures: Benchmark) -> str:
    """Name the best ranking, and those that it is not significantly better than."""
    pools = figures["rankings"]["pools"]
    best = max(pools, key=lambda name: pools[name]["ndcg@10"]["value"])
    ties = [
        next(name for name in (pair["first"], pair["second"]) if name != best)
        for pair in figures["rankings"]["compared"]
        if best in (pair["first"], pair["second"]) and pair["p_value"] >= SIGNIFICANT
    ]
    others = f"; not significantly better than {', '.join(ties)}" if ties else "; significantly better than every other"
    return f"Best by nDCG@10: **{best}**{others} (paired randomisation test, p < {SIGNIFICANT})."


def _catalogue(figures: dict[str, CatalogueFigures]) -> str:
    rows = [[name, *(_cell(row.get(metric)) for metric in (*CATALOGUE, UNJUDGED))] for name, row in figures.items()]
    header = ["", *CATALOGUE, f"unjudged in first {DEPTH}"]
    return (
        "## Search of the whole catalogue\n\n"
        + table(header, rows)
        + "\n\nUnjudged products count as irrelevant here: "
        "where they are many, these figures are lower bounds."
    )


def _cell(figure: Interval | float | None) -> str:
    if figure is None:
        return "–"
    return f"{figure:.0%}" if isinstance(figure, float) else interval(**figure)


def _labels(figures: dict[str, LabelFigures]) -> str:
    rows = [
        [
            name,
            *(f"{value:.3f}" for value in (row["accuracy"], row["macro_f1"], row["kappa"])),
            *(f"{row['per_class'][label]['f1']:.3f}" for label in reversed(LABELS)),
            f"{row['task_3']['f1']:.3f}",
            f"{row['task_3']['micro_f1']:.3f}",
        ]
        for name, row in figures.items()
    ]
    header = ["", "accuracy = micro-F1", "macro-F1", "kappa", *(f"F1 {label}" for label in reversed(LABELS))]
    return "## Predicting the label\n\n" + table([*header, "Task 3 F1", "Task 3 micro-F1"], rows)


def _slices(rankings: Rankings) -> str:
    slices = rankings["slices"]
    header = ["nDCG@10", *(f"{name} ({part['queries']})" for name, part in slices.items())]
    rows = [
        [ranking, *(f"{part['ndcg@10'][ranking]['value']:.3f}" for part in slices.values())]
        for ranking in rankings["pools"]
    ]
    return "## Slices of the queries\n\n" + table(header, rows)


def _published(figures: dict[str, RankingFigures]) -> str:
    rows = [[name, interval(**row["ndcg"])] for name, row in figures.items()]
    printed = [[name, f"{value:.4f}"] for name, value in PUBLISHED.items()]
    return (
        "## With the published script's gains\n\nThe script published with ESCI gives substitutes .01 and complements "
        ".1. This is nDCG with these gains, to compare with figures printed with them and with nothing else.\n\n"
        + table(["", "nDCG, swapped gains"], rows)
        + "\n\nPrinted for Task 1, US, by the SQID paper (arXiv:2405.15190); other data than above, unless this is "
        "ESCI:\n\n" + table(["", "nDCG, as published"], printed)
    )

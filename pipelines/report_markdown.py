"""The report as Markdown, which is readable on a terminal, too."""

from pipelines.report_json import Report
from vitrine.evaluation.metrics_file import Counts, ImageSearch, Retrieval
from vitrine.markdown import interval, table

RANKINGS = {"random": "random order", "bm25": "BM25", "similarity": "similarity alone", "search_model": "search model"}
RANKING_METRICS = ("ndcg@10", "ndcg", "mrr", "recall@10", "precision@10")
SHOWN = 10
"""Number of undecodable images that are listed; report.json has all."""


def as_markdown(report: Report) -> str:
    """Render a report. Sections of nodes that did not run are left out."""
    parts = [f"# Run `{report['name']}`: {report['status']}"]
    if report.get("error"):
        parts.append(f"It failed: {report['error']}")
    if refused := report.get("refused"):
        parts.append("\n".join(f"- refused: {reason}" for reason in refused))
    if "counts" in report:
        parts += [_counts(report["counts"]), _ranking(report), _classifier(report)]
        parts += [_retrieval(report["retrieval"])]
    if "image_search" in report:
        parts.append(_images(report["image_search"]))
    if undecodable := report["encoder"].get("undecodable_images"):
        parts.append(_undecodable(undecodable))
    if report["pushed"]:
        parts.append("## Pushed\n\n" + "\n".join(f"- {name}: `{path}`" for name, path in report["pushed"].items()))
    parts.append(_seconds(report))
    return "\n\n".join(parts) + "\n"


def _counts(counts: Counts) -> str:
    splits = "; ".join(
        f"{split}: {counts['queries'][split]:,} queries, {counts['judgements'][split]:,} judgements"
        for split in counts["queries"]
    )
    return f"{counts['products']:,} products, {counts['products_with_image']:,} of them with an image; {splits}."


def _ranking(report: Report) -> str:
    rows = [
        [title, *(interval(**report["ranking"][key][metric]) for metric in RANKING_METRICS)]
        for key, title in RANKINGS.items()
    ]
    against = "; ".join(
        f"{RANKINGS[name]} {comparison['ndcg@10_difference']:+.3f} (p = {comparison['p_value']:.4f})"
        for name, comparison in report["against"].items()
    )
    return (
        "## Ranking of the judged pools, held-out queries\n\n"
        + table(["", *RANKING_METRICS], rows)
        + f"\n\nMeans over queries with 95% bootstrap intervals. The search model's nDCG@10 against: {against}."
    )


def _classifier(report: Report) -> str:
    floors, pair = report["floors"], report["classifier"]
    rows = [_scores("majority class", floors["majority_accuracy"], floors["majority_macro_f1"], 0.0)]
    if query_only := pair.get("query_only"):
        rows.append(_scores("query only", query_only["accuracy"], query_only["macro_f1"], query_only["kappa"]))
    rows.append(_scores("pair", pair["accuracy"], pair["macro_f1"], pair["kappa"]))
    per_class = ", ".join(f"{label} {row['f1']:.2f}" for label, row in pair["per_class"].items())
    return (
        "## Classifier, held-out pairs\n\n"
        + table(["", "accuracy", "macro_f1", "kappa"], rows)
        + f"\n\nF1 by class of the pair: {per_class}."
    )


def _scores(title: str, *scores: float) -> list[str]:
    return [title, *(f"{score:.3f}" for score in scores)]


def _retrieval(retrieval: Retrieval) -> str:
    metrics = ("ndcg@10", "mrr", "recall@1", "recall@5", "recall@10")
    rows = [
        [RANKINGS[key], *(interval(**measured[metric]) for metric in metrics)]
        for key, measured in (("bm25", retrieval["bm25"]), ("search_model", retrieval["search_model"]))
    ]
    queries = f"{retrieval['queries']:,} " if "queries" in retrieval else ""
    return (
        f"## Search of the whole catalogue, {queries}held-out queries\n\n"
        + table(["", *metrics], rows)
        + f"\n\nUnjudged products count as irrelevant; they are {retrieval['unjudged_in_top_10']:.0%} of the search "
        "model's first ten."
    )


def _images(metrics: ImageSearch) -> str:
    precision = interval(**metrics["category_precision@5"])
    return (
        f"## Search by image\n\nOf the first five other products found with a product's own image, "
        f"{precision} are of its category ({metrics['queries']} images)."
    )


def _undecodable(reasons: dict[str, str]) -> str:
    lines = [f"- {product}: {reason}" for product, reason in list(reasons.items())[:SHOWN]]
    if len(reasons) > SHOWN:
        lines.append(f"- and {len(reasons) - SHOWN:,} more, in report.json")
    return "## Images that could not be decoded\n\nThey count as missing.\n\n" + "\n".join(lines)


def _seconds(report: Report) -> str:
    peaks = report["peak_mib"]
    header = ["node", "time", *(["memory"] if peaks else []), ""]
    rows = []
    for name, state in report["states"].items():
        memory = [f"{peaks[name]:,} MiB" if name in peaks else ""] if peaks else []
        rows.append([name, f"{report['seconds'][name]:.1f} s", *memory, "" if state == "done" else state])
    ran = sum(report["seconds"][name] for name, state in report["states"].items() if state == "done")
    note = " Memory is the process's peak during the node, including what earlier nodes left loaded." if peaks else ""
    return "## Nodes\n\n" + table(header, rows) + f"\n\n{ran:.0f} s in the nodes that ran this time.{note}"

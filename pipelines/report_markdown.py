"""The report as Markdown, which is readable on a terminal, too."""

from collections.abc import Mapping
from typing import Final

from pipelines.kinds import Kind
from pipelines.report_categories import category_section
from pipelines.report_json import Report
from vitrine.benchmark.encoders.text import task_tables
from vitrine.data.contract.moved_queries import sentence
from vitrine.evaluation.metrics_file import (
    CondensedFigures,
    Counts,
    Difference,
    ImageSearch,
    Retrieval,
    ServedFigures,
)
from vitrine.evaluation.model_card import MODEL_CARD
from vitrine.evaluation.thresholds import indistinct
from vitrine.markdown import interval, table
from vitrine.metrics.figures import RankingFigures
from vitrine.search.exported_model import MODEL_NAME
from vitrine.tuning.figures import ComparedFigures, TuningFigures

KINDS: Final[dict[Kind, str]] = {"run": "Run", "refresh": "Catalogue run"}
RANKINGS = {"random": "random order", "bm25": "BM25", "similarity": "similarity alone", "search_model": "search model"}
RANKING_METRICS = ("ndcg@10", "ndcg", "mrr", "recall@10", "precision@10")
SEARCH_METRICS = ("ndcg@10", "mrr", "recall@1", "recall@5", "recall@10")
NO_TABLE: Final = (
    "How the encoder stands to the original on the eval queries and on held-out products is measured by "
    "`vitrine benchmark --config … --encoders SOURCE,run`, with the `encoder.source` that was tuned as SOURCE; this "
    "report then has its table."
)
OWNERS = {"bm25": "BM25's", "search_model": "the search model's"}
SHOWN = 10
"""Number of undecodable images that are listed; report.json has all."""


def as_markdown(report: Report) -> str:
    """Render a report. Sections of nodes that did not run are left out."""
    summary = f"; {report['summary']}" if report["summary"] else ""
    parts = [f"# {KINDS[report['kind']]} `{report['name']}`: {report['status']}{summary}"]
    if report.get("error"):
        parts.append(f"It failed: {report['error']}")
    if refused := report.get("refused"):
        parts.append("\n".join(f"- refused: {reason}" for reason in refused))
    if not_applied := report.get("not_applied"):
        parts.append("\n".join(f"- not applied: {reason}" for reason in not_applied))
    if drift := report.get("drift"):
        parts.append("\n".join(f"- drift: {sentence}" for sentence in drift))
    if moved := report.get("moved"):
        parts.append("\n".join(f"- moved: {sentence(move)}" for move in moved))
    if "counts" in report:
        parts += [_counts(report["counts"]), _ranking(report), _classifier(report)]
        parts += [_retrieval(report["retrieval"])]
    if "image_search" in report:
        parts.append(_images(report["image_search"]))
    if categories := report.get("categories"):
        parts.append(category_section(categories))
    if tuning := report["encoder"].get("tuning"):
        parts.append(_tuning(tuning))
    if table_of_encoders := report["encoder"].get("table"):
        parts.append(f"## Encoders beside each other\n\n{task_tables(table_of_encoders, level=3)}")
    elif tuning:
        parts.append(NO_TABLE)
    if undecodable := report["encoder"].get("undecodable_images"):
        parts.append(_undecodable(undecodable))
    if report["pushed"]:
        parts.append(_pushed(report["pushed"]))
    parts.append(_seconds(report))
    return "\n\n".join(parts) + "\n"


def _pushed(destinations: Mapping[str, str]) -> str:
    lines = [f"- {name}: `{path}`" for name, path in destinations.items()]
    if model := destinations.get(MODEL_NAME):
        lines.append(f"- [model card](<{model}/{MODEL_CARD}>)")
    return "## Pushed\n\n" + "\n".join(lines)


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
    reason = indistinct(report["pools"]) if "pools" in report else None
    meaning = f"This order cannot tell models apart: {reason}. " if reason else ""
    return (
        "## Ranking of the judged pools, held-out queries\n\n"
        + table(["", *RANKING_METRICS], rows)
        + f"\n\n{meaning}Means over queries with 95% bootstrap intervals. "
        + f"The search model's nDCG@10 against: {against}."
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
    both = {"BM25": retrieval["bm25"], "search model": retrieval["search_model"]}
    queries = f"{retrieval['queries']:,} " if "queries" in retrieval else ""
    parts = [f"## Search of the whole catalogue, {queries}held-out queries", _searches(both)]
    unjudged = retrieval.get("unjudged@10") or {"search_model": retrieval["unjudged_in_top_10"]}
    shares = " and ".join(f"{share:.0%} of {OWNERS[name]}" for name, share in unjudged.items())
    parts.append(f"Unjudged products count as irrelevant; they are {shares} first ten.{_against(retrieval)}")
    if condensed := retrieval.get("condensed"):
        both = {"BM25": condensed["bm25"], "search model": condensed["search_model"]}
        parts.append("## The same searches without unjudged products (condensed lists)")
        parts += [_searches(both), _against(condensed).strip()]
    if served := retrieval.get("served"):
        parts.append(_served(served))
    return "\n\n".join(parts)


def _searches(measured: Mapping[str, RankingFigures]) -> str:
    rows = [[title, *(interval(**row[metric]) for metric in SEARCH_METRICS)] for title, row in measured.items()]
    return table(["", *SEARCH_METRICS], rows)


def _against(figures: Retrieval | CondensedFigures) -> str:
    if "against" not in figures:
        return ""
    return f" The search model's nDCG@10 against BM25: {_difference(figures['against']['bm25'])}."


def _difference(difference: Difference) -> str:
    low, high = difference["low"], difference["high"]
    return f"{difference['value']:+.3f} [{low:+.3f}, {high:+.3f}] (p = {difference['p_value']:.4f})"


def _served(served: ServedFigures) -> str:
    if "not_compared" in served:
        return f"Not compared with a served version: {served['not_compared']}."
    both = {f"served version {served['version']}": served["served"], "search model": served["search_model"]}
    unjudged = served["unjudged@10"]
    return (
        f"## Search beside the served version, {served['queries']:,} held-out queries\n\n{_searches(both)}\n\n"
        f"Only the {served['products']:,} products that both versions have count. Unjudged are "
        f"{unjudged['search_model']:.0%} of the search model's and {unjudged['served']:.0%} of the served version's "
        f"first ten. The search model's nDCG@10 against it: {_difference(served['difference'])}."
    )


def _images(metrics: ImageSearch) -> str:
    precision = interval(**metrics["category_precision@5"])
    return (
        f"## Search by image\n\nOf the first five other products found with a product's own image, "
        f"{precision} are of its category ({metrics['queries']} images)."
    )


def _tuning(tuning: TuningFigures) -> str:
    parts = [_compared(each) for each in (tuning, tuning["further"]) if each]
    return "\n\n".join(["## Encoder, tuned", *parts, f"The {tuning['goes_on']} encoder goes on."])


def _compared(tuning: ComparedFigures) -> str:
    metrics, both = list(tuning["baseline"]), {"original": tuning["baseline"], "tuned": tuning["tuned"]}
    rows = [[title, *(interval(**figures[metric]) for metric in metrics)] for title, figures in both.items()]
    difference, by_product = tuning["difference"], tuning["metric"] == "mrr"
    searched = (
        f"{tuning['queries']:,} products, held out of tuning, whose texts search their images and the other way round"
        if by_product
        else f"{tuning['queries']:,} queries of the train split, held out of tuning, search {tuning['products']:,} "
        "products by similarity alone"
    )
    return (
        table(["", *metrics], rows)
        + f"\n\n{searched}: {'mean reciprocal rank' if by_product else 'nDCG@10'} {difference['value']:+.3f} "
        + f"[{difference['low']:+.3f}, {difference['high']:+.3f}] (p = {difference['p_value']:.4f}). The tuned weights "
        + f"are of epoch {tuning['epoch']}, with a share of {tuning['share']:.2f}."
    )


def _undecodable(reasons: dict[str, str]) -> str:
    lines = [f"- {product}: {reason}" for product, reason in list(reasons.items())[:SHOWN]]
    if len(reasons) > SHOWN:
        lines.append(f"- and {len(reasons) - SHOWN:,} more, in report.json")
    return "## Images that could not be decoded\n\nThey count as missing.\n\n" + "\n".join(lines)


def _seconds(report: Report) -> str:
    peaks = report["peak_mib"]
    ran_all = set(report["states"].values()) <= {"done"}
    header = ["node", "time", *(["memory"] if peaks else []), *([] if ran_all else ["state"])]
    rows = []
    for name, state in report["states"].items():
        memory = [f"{peaks[name]:,} MiB" if name in peaks else ""] if peaks else []
        shown = [] if ran_all else ["" if state == "done" else state]
        rows.append([name, f"{report['seconds'][name]:.1f} s", *memory, *shown])
    ran = sum(report["seconds"][name] for name, state in report["states"].items() if state == "done")
    note = " Memory is the process's peak during the node, including what earlier nodes left loaded." if peaks else ""
    return "## Nodes\n\n" + table(header, rows) + f"\n\n{ran:.0f} s in the nodes that ran this time.{note}"

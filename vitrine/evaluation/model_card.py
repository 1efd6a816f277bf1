"""The model card: data, intended use, limits, measured quality and gaps, energy and licences of a search model.

The form is that of Mitchell et al. 2019, "Model cards for model reporting". Every number is one that the run measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vitrine.evaluation.metrics_file import Evaluation
from vitrine.evaluation.settings import CardSettings
from vitrine.labels import NAMES
from vitrine.markdown import interval, table

MODEL_CARD: Final = "MODEL_CARD.md"
AUDIT_HEADING: Final = "## Audit"
NO_AUDIT: Final = "No audit has measured this version; `vitrine audit --run DIR` does, and writes its figures here."
_RANKINGS: Final = {
    "random": "random order", "bm25": "BM25", "similarity": "similarity alone", "search_model": "search model",
}  # fmt: skip
_METRICS: Final = ("ndcg@10", "mrr", "recall@10")
_FEWEST: Final = 30
"""Pairs of a slice that is named: fewer say little."""
_SHOWN: Final = 5


@dataclass(frozen=True)
class SliceScores:
    """The classifier's scores on one slice of the held-out pairs, such as `category mug`."""

    name: str
    pairs: int
    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class CardFacts:
    """Facts of a run.

    Attributes:
        version: The version under which the model is pushed.
        fingerprint: The encoder's fingerprint.
        dimension: The length of its vectors.
        encoder_license: The licence that the checkpoint names; None if it names none.
        energy: Energy in kWh, emissions in kg of CO2 equivalents and seconds, by what was trained.
        slices: The classifier's scores by slice.
        audit: The findings of an audit of the model, Markdown paragraphs; empty without one.
    """

    version: str
    fingerprint: str
    dimension: int
    encoder_license: str | None
    energy: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    slices: Sequence[SliceScores] = ()
    audit: str = ""


def model_card(metrics: Evaluation, facts: CardFacts, settings: CardSettings) -> str:
    """Return the card of an evaluated model, as Markdown."""
    sections = {
        "## Model": _model(facts, settings),
        "## Intended use": _use(metrics, settings),
        "## Data": _data(metrics, settings),
        "## Quality": _quality(metrics),
        "## Measured gaps": _gaps(metrics, facts),
        "## Limits": _limits(metrics),
        AUDIT_HEADING: facts.audit or NO_AUDIT,
        "## Energy": _energy(facts),
        "## Licences": _licences(facts, settings),
    }
    title = f"# Model card of {settings.name or 'product search'}, version {facts.version}"
    return "\n\n".join([title, *(f"{heading}\n\n{text}" for heading, text in sections.items())]) + "\n"


def with_audit(card: str, figures: str) -> str:
    """Return a card with `figures`, Markdown without headings of the second level, as its section on the audit."""
    before, _, rest = card.partition(f"{AUDIT_HEADING}\n")
    _, heading, after = rest.partition("\n## ")
    return f"{before}{AUDIT_HEADING}\n\n{figures}\n{heading}{after}"


def _model(facts: CardFacts, settings: CardSettings) -> str:
    return (
        f"A search model: it finds products by words and by vectors, and a classifier of {len(NAMES)} labels "
        f"({', '.join(NAMES.values())}) ranks them. Encoder: `{settings.encoder}`, {facts.dimension} dimensions, "
        f"fingerprint `{facts.fingerprint}`."
    )


def _use(metrics: Evaluation, settings: CardSettings) -> str:
    asked = "words or by image" if settings.searches_images else "words"
    return (
        f"Search by {asked} in the one catalogue of {metrics['counts']['products']:,} products that it was built from. "
        "It was not evaluated on other catalogues, and it is not made for decisions about people."
    )


def _data(metrics: Evaluation, settings: CardSettings) -> str:
    counts = metrics["counts"]
    rows = [[split, f"{counts['queries'][split]:,}", f"{counts['judgements'][split]:,}"] for split in counts["queries"]]
    judges = ", ".join(f"{number:,} by {judge or 'people'}" for judge, number in counts.get("judged_by", {}).items())
    share = counts["products_with_image"] / max(counts["products"], 1)
    return (
        f"Source: {settings.data_source or 'not named (`data.source`)'}. {counts['products']:,} products, {share:.0%} "
        f"with an image. No query is in both splits.{f' Held-out judgements: {judges}.' if judges else ''}\n\n"
        + table(["split", "queries", "judgements"], rows)
    )


def _quality(metrics: Evaluation) -> str:
    pools = [
        [title, *(interval(**metrics["ranking"][name][metric]) for metric in _METRICS)]
        for name, title in _RANKINGS.items()
    ]
    retrieval = metrics["retrieval"]
    whole = [
        [_RANKINGS[name], *(interval(**figures[metric]) for metric in _METRICS)]
        for name, figures in (("bm25", retrieval["bm25"]), ("search_model", retrieval["search_model"]))
    ]
    classifier, floors = metrics["classifier"], metrics["floors"]
    searched = (
        f"Search of the whole catalogue, {retrieval.get('queries', 0):,} held-out queries; unjudged products count as "
        "irrelevant:"
    )
    labels = (
        f"Labels of held-out pairs: accuracy {classifier['accuracy']:.3f} and macro-F1 {classifier['macro_f1']:.3f}; "
        f"the majority class reaches {floors['majority_accuracy']:.3f} and {floors['majority_macro_f1']:.3f}."
    )
    ordered = "Order of the judged products of held-out queries, means with 95% intervals over queries:"
    return "\n\n".join([ordered, table(["", *_METRICS], pools), searched, table(["", *_METRICS], whole), labels])


def _gaps(metrics: Evaluation, facts: CardFacts) -> str:
    per_class = metrics["classifier"]["per_class"]
    labels = ", ".join(
        f"{NAMES[label]} {scores['f1']:.3f} ({scores['support']:,} pairs)" for label, scores in per_class.items()
    )
    parts = [f"F1 by label: {labels}."]
    lowest = sorted((each for each in facts.slices if each.pairs >= _FEWEST), key=lambda each: each.accuracy)[:_SHOWN]
    if lowest:
        rows = [[each.name, f"{each.pairs:,}", f"{each.accuracy:.3f}", f"{each.macro_f1:.3f}"] for each in lowest]
        parts.append(f"The slices of at least {_FEWEST} held-out pairs with the lowest accuracy of labels:")
        parts.append(table(["slice", "pairs", "accuracy", "macro-F1"], rows))
    return "\n\n".join(parts)


def _limits(metrics: Evaluation) -> str:
    counts, retrieval = metrics["counts"], metrics["retrieval"]
    lines = [f"{counts['products'] - counts['products_with_image']:,} products have no image: words alone find them."]
    if unjudged := retrieval.get("unjudged@10"):
        lines.append(
            f"{unjudged['search_model']:.0%} of the first ten results are unjudged, so that figures over the whole "
            "catalogue are lower bounds."
        )
    lines += [f"Threshold not applied: {sentence}." for sentence in metrics["not_applied"]]
    if images := metrics.get("image_search"):
        precision = interval(**images["category_precision@5"])
        lines.append(f"Search by image was measured by categories only: {precision} of the first five are of the same.")
    else:
        lines.append("It does not search by image, or search by image was not measured.")
    return "\n".join(f"* {line}" for line in lines)


def _energy(facts: CardFacts) -> str:
    if not facts.energy:
        return "Not measured by this run."
    rows = [
        [name, f"{each['duration_s']:.0f}", f"{1000 * each['energy_kwh']:.3f}", f"{1000 * each['emissions_kg']:.3f}"]
        for name, each in facts.energy.items()
    ]
    return "\n\n".join(
        [
            "Estimates by CodeCarbon, of the trainings of this run:",
            table(["training", "seconds", "energy (Wh)", "emissions (g CO2 equivalents)"], rows),
        ]
    )


def _licences(facts: CardFacts, settings: CardSettings) -> str:
    if settings.encoder == "scratch":
        encoder = "trained by the run from its catalogue, so that the data's licence is its only one"
    else:
        encoder = facts.encoder_license or "not named by the checkpoint's files"
    return f"* Data: {settings.data_license or 'not named (`data.license`)'}\n* Encoder: {encoder}"

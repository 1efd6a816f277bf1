"""The report of what was learnt, as JSON and as Markdown."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vitrine.clicks.filters import LeftOut
from vitrine.clicks.labels import Thresholds
from vitrine.clicks.mixture import Mixture
from vitrine.clicks.models.choice import Held
from vitrine.clicks.settings import ModelName
from vitrine.markdown import table
from vitrine.metrics.figures import ClassificationFigures


@dataclass(frozen=True)
class Traffic:
    """The traffic that counted: numbers of users, searches, impressions, clicks and purchases.

    `first` and `last` are the times of the first and the last search, in seconds since 1970.
    """

    users: int
    searches: int
    impressions: int
    clicks: int
    purchases: int
    first: float
    last: float


@dataclass(frozen=True)
class ModelReport:
    """The chosen click model.

    Attributes:
        chosen: its name.
        held_out: figures of each candidate on held-out searches.
        held_out_searches: their number.
        parameters: of the chosen model, beside those of pairs.
        propensities: of the position-based model, by position.
        harvested: propensities from products that were shown at several positions; None if there were too few.
        harvested_pairs: the number of such products and queries.
    """

    chosen: str
    held_out: Mapping[ModelName, Held]
    held_out_searches: int
    parameters: dict[str, object]
    propensities: list[float]
    harvested: list[float] | None
    harvested_pairs: int


@dataclass(frozen=True)
class NotWritten:
    """Pairs that are no judgements, by the first reason that applies."""

    too_little_support: int
    too_few_users: int
    not_in_catalogue: int
    already_judged: int
    in_judged_eval_split: int
    weight_of_zero: int


@dataclass(frozen=True)
class Agreement:
    """Agreement with people's judgements of the same pairs, of queries that the thresholds were not chosen on."""

    pairs: int
    kappa: float
    accuracy: float
    figures: ClassificationFigures


@dataclass(frozen=True)
class Learned:
    """The report of `vitrine learn`.

    Attributes:
        traffic: what was learnt from.
        left_out: what was left out of the log, by reason.
        model: the click model.
        pairs: pairs of a query and a product with impressions.
        thresholds: the relevance from which a pair is S, and E.
        thresholds_from: whether people's judgements chose them.
        agreement: with people's judgements; None without any.
        mixture: the weight of clicks beside people's judgements.
        written: judgements by split and label.
        queries: queries by split.
        not_written: pairs that are no judgements.
        output: where the judgements are.
    """

    traffic: Traffic
    left_out: LeftOut
    model: ModelReport
    pairs: int
    thresholds: Thresholds
    thresholds_from: Literal["people", "defaults"]
    agreement: Agreement | None
    mixture: Mixture
    written: dict[str, dict[str, int]]
    queries: dict[str, int]
    not_written: NotWritten
    output: str

    @property
    def judgements(self) -> int:
        """The number of judgements."""
        return sum(sum(labels.values()) for labels in self.written.values())

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    def to_markdown(self) -> str:
        """Return the report as Markdown."""
        return "\n\n".join(["# Judgements from clicks", *_summary(self), *_model(self), *_people(self)]) + "\n"


def _summary(learned: Learned) -> list[str]:
    traffic = learned.traffic
    left_out = [[_words(name), f"{count:,}"] for name, count in dataclasses.asdict(learned.left_out).items() if count]
    not_written = [
        [_words(name), f"{count:,}"] for name, count in dataclasses.asdict(learned.not_written).items() if count
    ]
    labels = [
        [split, f"{learned.queries[split]:,}", *(f"{counts.get(label, 0):,}" for label in "ESI")]
        for split, counts in learned.written.items()
    ]
    counted = (
        f"{learned.judgements:,} judgements from {traffic.clicks:,} clicks ({traffic.purchases:,} purchases) of "
        f"{traffic.users:,} users in {traffic.searches:,} searches."
    )
    return [
        counted,
        table(["split", "queries", "E", "S", "I"], labels),
        "C is not learnt: nothing in a click tells a complement from a substitute.",
        "## Left out of the log",
        table(["reason", "number"], left_out) if left_out else "Nothing.",
        "## Pairs that are no judgements",
        table(["reason", "pairs"], not_written) if not_written else "None.",
    ]


def _model(learned: Learned) -> list[str]:
    model = learned.model
    rows = [
        [f"**{name}**" if name == model.chosen else name, f"{held.log_likelihood:.4f}", f"{held.perplexity:.4f}"]
        for name, held in model.held_out.items()
    ]
    depth = min(10, len(model.propensities))
    places = [["position-based model", *(f"{value:.3f}" for value in model.propensities[:depth])]]
    if model.harvested:
        values = [f"{value:.3f}" for value in model.harvested[:depth]]
        places.append(
            [f"{model.harvested_pairs:,} pairs at several positions", *values, *["–"] * (depth - len(values))]
        )
    measured = (
        f"Log-likelihood of a search and perplexity, on {model.held_out_searches:,} searches of users that the models "
        "were not fitted to:"
    )
    return [
        "## Click model",
        measured,
        table(["model", "log-likelihood", "perplexity"], rows),
        "The probability that a position is examined, relative to the first:",
        table(["propensities from", *(str(place) for place in range(1, depth + 1))], places),
    ]


def _people(learned: Learned) -> list[str]:
    thresholds, mixture = learned.thresholds, learned.mixture
    chosen = "people's judgements" if learned.thresholds_from == "people" else "the defaults (too few people's labels)"
    lines = [
        "## Labels and weights",
        f"E from a relevance of {thresholds.exact:.3f}, S from {thresholds.substitute:.3f}; by {chosen}.",
    ]
    if learned.agreement:
        agreement = learned.agreement
        lines.append(
            f"Agreement with people on {agreement.pairs:,} pairs: quadratic kappa {agreement.kappa:.3f}, equal labels "
            f"{agreement.accuracy:.1%}."
        )
    lines.append(f"Weight of clicks beside people's judgements: {mixture.weight:g} ({mixture.reason}).")
    if mixture.candidates:
        rows = [
            [f"{each.weight:g}", f"{each.ndcg:.4f}", f"{each.gain:+.4f} [{each.low:+.4f}, {each.high:+.4f}]"]
            for each in mixture.candidates
        ]
        lines.append(table(["weight", "nDCG@10", "against none"], rows))
    return lines


def _words(name: str) -> str:
    return name.replace("_", " ")

"""Judgements from an event log: from the log to a span of a data folder, and its report."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, get_args

import numpy as np
import pyarrow as pa

from vitrine import progress
from vitrine.clicks.filters import Kept, leave_out
from vitrine.clicks.impressions import Ints, Mask
from vitrine.clicks.judged import Judged, pairs_of, read_judged
from vitrine.clicks.labels import Calibration, calibrate, certainty
from vitrine.clicks.mixture import BothWays, Mixture, choose_weight
from vitrine.clicks.models.choice import Choice
from vitrine.clicks.models.fitted import Fitted
from vitrine.clicks.pair_features import pair_features
from vitrine.clicks.reading import read_log
from vitrine.clicks.relevance import Relevance, learn_relevance
from vitrine.clicks.report import Agreement, Learned, ModelReport, NotWritten, Traffic
from vitrine.clicks.settings import LearningSettings
from vitrine.clicks.writing import Rows, write_span
from vitrine.data.columns import PRODUCT_ID
from vitrine.data.contract.files import Split, read_catalogue
from vitrine.errors import DataError
from vitrine.labels import LABELS

LEAST_WEIGHT: Final = 1e-4
"""Weights are written with four decimals."""


@dataclass(frozen=True)
class Sources:
    """The log and the data folder to learn from.

    Attributes:
        events: the directory of an event log.
        data: a prepared data folder with the catalogue, and people's judgements if there are any.
        since: excludes searches before this time, in seconds since 1970.
        until: excludes searches from this time on.
    """

    events: Path
    data: Path | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class _Graded:
    """Supported pairs with a label, a certainty, and people's labels in the train split (-1 without one)."""

    relevance: Relevance
    calibration: Calibration
    label: Ints
    certainty: np.ndarray
    people: Ints


def learn(sources: Sources, settings: LearningSettings, output: Path) -> Learned:
    """Learn judgements, write them as the next span of the data folder `output`, and return the report.

    Nothing is written if there is no judgement; `Learned.output` is then empty. The age of a search is counted from the
    last one of the log, so that the same log gives the same judgements.

    Raises:
        DataError: The log has nothing to learn from, or the data folder breaks the contract.
    """
    log = read_log(sources.events, sources.since, sources.until)
    progress.note(f"{len(log.impressions.time):,} searches with {len(log.impressions):,} products shown")
    kept = leave_out(log, settings.filters, settings.model.depth)
    if not kept.impressions.clicked.any():
        reasons = ", ".join(
            f"{name.replace('_', ' ')} {count:,}" for name, count in asdict(kept.left_out).items() if count
        )
        raise DataError(f"{sources.events}: no click that counts is there to learn from ({reasons or 'no clicks'})")
    relevance, choice = learn_relevance(kept.impressions, float(kept.impressions.time.max()), settings)
    progress.note(f"click model: {choice.name}; {len(relevance.alpha):,} pairs of a query and a product")
    judged = read_judged(sources.data) if sources.data else Judged()
    catalogue = read_catalogue(sources.data) if sources.data else None
    little, few = _unsupported(relevance, settings)
    graded = _grade(relevance.take(~(little | few)), judged, settings)
    mixture = _mixture(graded, catalogue, settings)
    rows, left_out = _rows(graded, judged, catalogue, mixture)
    not_written = NotWritten(int(little.sum()), int((few & ~little).sum()), *left_out)
    report = _report(kept, choice, relevance, graded, mixture, rows, not_written)
    return write_span(output, rows, report)


def _unsupported(relevance: Relevance, settings: LearningSettings) -> tuple[Mask, Mask]:
    limits = settings.relevance
    return relevance.support < limits.support, relevance.users < limits.users


def _grade(relevance: Relevance, judged: Judged, settings: LearningSettings) -> _Graded:
    people = judged.labels("train", relevance)
    calibration = calibrate(relevance, people, settings.relevance)
    thresholds = calibration.thresholds
    label = thresholds.classes(relevance.value)
    return _Graded(relevance, calibration, label, certainty(relevance, thresholds), people)


def _mixture(graded: _Graded, catalogue: pa.Table | None, settings: LearningSettings) -> Mixture:
    """Choose the weight on train queries; where people have judged nothing, clicks count fully."""
    if settings.mixture.weight is None and not (graded.people >= 0).any():
        return Mixture(1.0, 0, [], "people have judged no pair that has clicks")
    train = np.flatnonzero(_of_judged_queries(graded))
    pairs = [pairs_of(graded.relevance)[row] for row in train]
    query, product = (np.asarray([pair[side] for pair in pairs], object) for side in (0, 1))
    features = np.zeros((len(pairs), 1))
    if catalogue is not None and settings.mixture.weight is None:
        features = pair_features(catalogue, query.tolist(), product.tolist())
    both = BothWays(features, query, product, graded.people[train], graded.label[train], graded.certainty[train])
    return choose_weight(both, settings.mixture)


def _of_judged_queries(graded: _Graded) -> Mask:
    """Return the pairs whose query people have judged in the train split, bool [P]."""
    queries = np.unique(graded.relevance.query[graded.people >= 0])
    return np.isin(graded.relevance.query, queries)


def _rows(
    graded: _Graded, judged: Judged, catalogue: pa.Table | None, mixture: Mixture
) -> tuple[Rows, tuple[int, int, int, int]]:
    """Return the judgements to write, and the numbers of pairs that are none, by reason."""
    relevance = graded.relevance
    products = None if catalogue is None else set(catalogue[PRODUCT_ID].to_pylist())
    weight = np.round(mixture.weight * graded.certainty, 4)
    rows: Rows = {split: [] for split in get_args(Split)}
    gone = known = held_out = weightless = 0
    for number, pair in enumerate(pairs_of(relevance)):
        query, product = pair
        split = judged.split(query)
        if products is not None and product not in products:
            gone += 1
        elif pair in judged.pairs:
            known += 1
        elif split == "eval" and judged.gates:
            held_out += 1
        elif weight[number] < LEAST_WEIGHT:
            weightless += 1
        else:
            query_id, text = judged.queries.get(query, ("", relevance.queries[int(relevance.query[number])]))
            rows[split].append((query_id, text, product, int(graded.label[number]), float(weight[number])))
    return rows, (gone, known, held_out, weightless)


def _report(
    kept: Kept,
    choice: Choice,
    relevance: Relevance,
    graded: _Graded,
    mixture: Mixture,
    rows: Rows,
    not_written: NotWritten,
) -> Learned:
    seen, figures = kept.impressions, graded.calibration.agreement
    times = seen.time[np.unique(seen.search)]
    agreement = None
    if figures is not None:
        agreement = Agreement(graded.calibration.pairs, figures.kappa, figures.accuracy, figures.to_dict())
    return Learned(
        traffic=Traffic(
            users=kept.users,
            searches=len(times),
            impressions=len(seen),
            clicks=int(seen.clicked.sum()),
            purchases=int(seen.bought.sum()),
            first=float(times.min()),
            last=float(times.max()),
        ),
        left_out=kept.left_out,
        model=_model_report(choice),
        pairs=len(relevance.alpha),
        thresholds=graded.calibration.thresholds,
        thresholds_from="people" if graded.calibration.pairs else "defaults",
        agreement=agreement,
        mixture=mixture,
        written={split: _label_counts(part) for split, part in rows.items()},
        queries={split: len({text for _, text, *_ in part}) for split, part in rows.items()},
        not_written=not_written,
        output="",
    )


def _label_counts(rows: list[tuple[str, str, str, int, float]]) -> dict[str, int]:
    return {label: sum(row[3] == number for row in rows) for number, label in reversed(list(enumerate(LABELS)))}


def _model_report(choice: Choice) -> ModelReport:
    harvested = choice.harvested
    return ModelReport(
        chosen=choice.name,
        held_out=choice.held_out,
        held_out_searches=choice.searches,
        parameters=choice.fitted.parameters(),
        propensities=_propensities(choice.position_model),
        harvested=None if harvested is None else [float(value) for value in harvested.propensities],
        harvested_pairs=0 if harvested is None else harvested.pairs,
    )


def _propensities(fitted: Fitted) -> list[float]:
    values = fitted.parameters()["propensities"]
    assert isinstance(values, list)
    return values

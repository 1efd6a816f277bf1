"""Monitoring of a window of the event log against an earlier one, the served version, and the train queries."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from vitrine import progress
from vitrine.errors import DataError
from vitrine.evaluation.metrics_file import read_evaluation
from vitrine.monitoring.column_drift import column_drift
from vitrine.monitoring.query_lists import query_lists
from vitrine.monitoring.query_words import ServedCatalogue
from vitrine.monitoring.result import MonitoringResult, Shown, Verdict
from vitrine.monitoring.settings import MonitorSettings
from vitrine.monitoring.shown_quality import METRIC, JudgedQueries, Mean, ShownQuality, shown_quality
from vitrine.monitoring.traffic import WindowSearches, query_features, read_window, traffic
from vitrine.monitoring.vector_drift import VectorDrift, Vectors, vector_drift
from vitrine.monitoring.verdict import reasons
from vitrine.monitoring.window import Window
from vitrine.saved_model.versions import find_versions
from vitrine.search.exported_model import MODEL_NAME, ExportedModel
from vitrine.search.index_files import read_description
from vitrine.search.local_client import INDEX, newest_version

FEWEST_VECTORS = 20
"""Vectors of a sample below which nothing is tested."""


@dataclass(frozen=True)
class Sources:
    """The event log, and the served version and judgements that a window is compared with.

    Attributes:
        events: The directory of an event log.
        serving: A serving directory: a version in it encodes queries, searches, and has the words and products.
        data: A prepared data folder, whose judgements tell the train queries and the quality.
        evaluation: The folder of the served version's evaluation, with its `metrics.json`.
        version: The version in `serving`; by default the newest, which with labels need not be the one that is served.
    """

    events: Path
    serving: Path | None = None
    data: Path | None = None
    evaluation: Path | None = None
    version: int | None = None

    def served(self) -> int | None:
        """Return the version in `serving`, None without one. Raises DataError if it does not exist."""
        if self.serving is None or self.version is None:
            return newest_version(self.serving) if self.serving else None
        if self.version not in (versions := find_versions(self.serving / MODEL_NAME)):
            listed = ", ".join(map(str, sorted(versions))) or "none"
            raise DataError(f"{self.serving / MODEL_NAME}: no version {self.version} there; there are {listed}")
        return self.version


def monitor(
    sources: Sources,
    window: Window,
    reference: Window,
    settings: MonitorSettings | None = None,
    drift_report: Path | None = None,
) -> MonitoringResult:
    """Compare a window of searches with an earlier one.

    Args:
        sources: The event log, and what else there is.
        window: The window.
        reference: The earlier window.
        settings: Thresholds and sizes.
        drift_report: Where Evidently's report of the columns is written, an HTML file; None: nowhere.

    Raises:
        DataError: The window has no searches, or a source cannot be read.
        MissingExtraError: Evidently is not installed.
    """
    settings = settings or MonitorSettings()
    version = sources.served()
    catalogue = ServedCatalogue(sources.serving / INDEX / str(version)) if sources.serving else None
    judged = JudgedQueries(sources.data) if sources.data else None
    progress.note(f"reading the searches of {window}")
    current = read_window(sources.events, window, settings, catalogue, judged.by_text if judged else None)
    if not current.counts.searches:
        raise DataError(f"{sources.events}: no searches in {window}")
    progress.note(f"reading the searches of {reference}")
    earlier = read_window(sources.events, reference, settings, catalogue)
    notes = _notes(sources, earlier)
    features = [
        frame.join(query_features(frame["text"], catalogue)) for frame in (earlier.users.frame(), current.users.frame())
    ]
    enough = min(map(len, features)) >= FEWEST_VECTORS
    if not enough:
        notes.append(f"fewer than {FEWEST_VECTORS} users in a window: no differences are tested")
    columns = column_drift(features[0], features[1], drift_report) if enough else []
    with _served(sources, version, notes) as model:
        vectors, training = _vectors(settings, model, features[0], features[1], judged)
        quality = _quality(current, judged, model, sources.evaluation)
    products = _shown(current, catalogue)
    return MonitoringResult(
        verdict=Verdict.of(reasons(settings, columns, vectors, training, quality, products)),
        version=version,
        current=traffic(current, catalogue),
        reference=traffic(earlier, catalogue),
        lists=query_lists(current.queries, earlier.queries, settings.min_users, settings.top, catalogue),
        columns=columns,
        vectors=vectors,
        training=training,
        quality=quality,
        products=products,
        damaged_lines=current.skipped.lines,
        notes=notes,
    )


def _notes(sources: Sources, earlier: WindowSearches) -> list[str]:
    notes = []
    if not earlier.counts.searches:
        notes.append(f"no searches in the reference {earlier.window}: nothing is compared with it")
    if sources.serving is None:
        notes.append("no serving directory: vectors, unknown words and quality are left out")
    elif sources.data is None:
        notes.append("no data folder with judgements: quality and train queries are left out")
    return notes


@contextmanager
def _served(sources: Sources, version: int | None, notes: list[str]) -> Iterator[ExportedModel | None]:
    if sources.serving is None or not read_description(sources.serving / INDEX / str(version)).any_text:
        if sources.serving is not None:
            notes.append("the served model answers known queries only: vectors and quality are left out")
        yield None
        return
    progress.note(f"loading version {version}")
    with ExportedModel(sources.serving / MODEL_NAME / str(version)) as model:
        yield model


def _vectors(
    settings: MonitorSettings,
    model: ExportedModel | None,
    earlier: pd.DataFrame,
    current: pd.DataFrame,
    judged: JudgedQueries | None,
) -> tuple[VectorDrift | None, VectorDrift | None]:
    """Compare the vectors of the window with those of the earlier one, and of the train queries."""
    if model is None:
        return None, None
    rng = np.random.default_rng(settings.seed)
    now, before = (_texts(frame)[: settings.vectors] for frame in (current, earlier))
    train = judged.train_texts if judged else []
    if len(train) > settings.vectors:
        train = [train[row] for row in rng.choice(len(train), settings.vectors, replace=False)]
    if len(now) < FEWEST_VECTORS:
        return None, None
    progress.note("encoding queries")
    encoded = _encode(model, now)
    others = [_encode(model, texts) if len(texts) >= FEWEST_VECTORS else None for texts in (before, train)]
    progress.note("comparing vectors")
    compared = [
        None if other is None else vector_drift(other, encoded, settings.permutations, settings.seed)
        for other in others
    ]
    return compared[0], compared[1]


def _texts(frame: pd.DataFrame) -> list[str]:
    worded = frame[(frame["kind"] == "text") & (frame["text"] != "") & ~frame["junk"].astype(bool)]
    texts: list[str] = worded["text"].tolist()
    return texts


def _encode(model: ExportedModel, texts: Sequence[str]) -> Vectors:
    distinct, rows = np.unique(np.asarray(texts, dtype=object), return_inverse=True)
    encoded: Vectors = model.embed(distinct.tolist())[rows]
    return encoded


def _quality(
    current: WindowSearches, judged: JudgedQueries | None, model: ExportedModel | None, evaluation: Path | None
) -> ShownQuality | None:
    sample = current.judged.frame()
    if judged is None or model is None or sample.empty:
        return None
    progress.note(f"searching for {sample['query_id'].nunique():,} judged queries")
    return shown_quality(
        sample, judged, lambda queries: model.search(queries).product_id.tolist(), _reported(evaluation)
    )


def _reported(evaluation: Path | None) -> Mean | None:
    if evaluation is None:
        return None
    try:
        figures = read_evaluation(evaluation).get("retrieval")
    except (OSError, ValueError) as error:
        raise DataError(f"{evaluation}: no metrics.json of an evaluation: {error}") from None
    return Mean(**figures["search_model"][METRIC]) if figures else None


def _shown(current: WindowSearches, catalogue: ServedCatalogue | None) -> Shown:
    products = current.products
    return Shown(
        shown=products.shown,
        distinct=products.distinct,
        catalogue=len(catalogue.product_ids) if catalogue else None,
        unknown=products.unknown,
        unknown_share=products.unknown_share if catalogue and products.shown else None,
        examples=[product for product, _ in products.examples.most_common(10)],
    )

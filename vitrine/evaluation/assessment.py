"""Assessment of a candidate for pushing: evaluation of the search model, and its thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from vitrine.data import columns
from vitrine.data.images.image_root import image_folder
from vitrine.embeddings.table import EmbeddingTable
from vitrine.evaluation.measure import Catalogue, measure
from vitrine.evaluation.metrics_file import Evaluation, read_training
from vitrine.evaluation.served_version import ServedVersion
from vitrine.evaluation.settings import AssessmentSettings
from vitrine.evaluation.thresholds import verdict


@dataclass(frozen=True)
class CandidateModel:
    """The search model to assess, and the judgements to assess it with.

    Attributes:
        model: the exported search model.
        products: the folder of the products' embeddings that it was built from.
        classifier_run: the folder with the metrics of the classifier's training.
        train, held_out: judgements, in the contract's columns.
        served: the version that is served at present; None if there is none.
    """

    model: Path
    products: Path
    classifier_run: Path
    train: pa.Table
    held_out: pa.Table
    served: ServedVersion | None = None


def assess(candidate: CandidateModel, settings: AssessmentSettings, reasons: Sequence[str] = ()) -> Evaluation:
    """Return the figures of `measure`, and what the thresholds say: `refused` and `not_applied`.

    The given `reasons` to refuse, of its classifier, come first.
    """
    names = [columns.PRODUCT_ID, *columns.PRODUCT_TEXT, columns.IMAGE, columns.HAS_IMAGE]
    products = EmbeddingTable.open(candidate.products).rows.table.select(names)
    catalogue = Catalogue(products, image_folder(settings.image_root))
    query_only = read_training(candidate.classifier_run).get("query_only")
    metrics = measure(candidate.model, catalogue, candidate.train, candidate.held_out, query_only, candidate.served)
    decided = verdict(metrics, settings.thresholds)
    metrics["refused"], metrics["not_applied"] = [*reasons, *decided.refused], decided.not_applied
    return metrics

"""Facts of a model card that the artifacts of a run hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tfx.types import Artifact
from tfx.utils import path_utils

from components.artifacts import DIMENSION, FINGERPRINT
from components.pusher import VERSION_PROPERTY
from vitrine.audit.missed import read_findings
from vitrine.encoders.licence import read_licence
from vitrine.evaluation.model_card import CardFacts, SliceScores
from vitrine.tracking.emissions import read_emissions

_METRICS: Final = ("accuracy", "macro_f1")


def card_facts(
    model: Artifact,
    products: Artifact,
    encoder: Artifact,
    trainings: Mapping[str, Artifact | None],
    classifier_evaluation: Artifact,
    audit: Artifact | None,
) -> CardFacts:
    """Return what the artifacts of a search model tell about it.

    Args:
        model: The search model.
        products: The embeddings of its products.
        encoder: The checkpoint of its encoder.
        trainings: The runs of the trainings, by what they trained; None where this run has not trained it.
        classifier_evaluation: The Evaluator's output for the classifier.
        audit: The report of an audit; None if the run has made none.
    """
    energy = {name: read_emissions(Path(run.uri)) for name, run in trainings.items() if run}
    return CardFacts(
        version=model.get_string_custom_property(VERSION_PROPERTY),
        fingerprint=products.get_string_custom_property(FINGERPRINT),
        dimension=products.get_int_custom_property(DIMENSION),
        encoder_license=read_licence(Path(path_utils.serving_model_path(encoder.uri))),
        energy={name: each for name, each in energy.items() if each},
        slices=slice_scores(classifier_evaluation.uri),
        audit=read_findings(Path(audit.uri)) if audit else "",
    )


def slice_scores(evaluation: str) -> list[SliceScores]:
    """Return the classifier's scores on each slice that the Evaluator measured, without the whole."""
    import tensorflow_model_analysis as tfma

    from vitrine.plots.slice_table import WHOLE, slice_table

    result = tfma.load_eval_result(evaluation)
    scores = slice_table(result.slicing_metrics, _METRICS).drop(index=WHOLE, errors="ignore")
    return [
        SliceScores(str(name), int(row["pairs"]), float(row["accuracy"]), float(row["macro_f1"]))
        for name, row in scores.iterrows()
    ]

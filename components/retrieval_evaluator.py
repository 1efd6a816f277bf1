"""RetrievalEvaluator: evaluates the exported search model on the held-out queries, and blesses or refuses it."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfx import v1 as tfx
from tfx.components.evaluator import constants
from tfx.components.util import model_utils
from tfx.dsl.component.experimental.decorators import component
from tfx.utils import path_utils

from components.artifacts import ProductEmbeddings, RetrievalEvaluation, SearchAudit
from components.card_facts import card_facts
from components.examples import read_split
from components.pusher import VERSION_PROPERTY
from components.served_model import served_version
from components.staging import staged
from vitrine import progress
from vitrine.data import columns
from vitrine.data.contract.judges import without_clicks
from vitrine.evaluation.metrics_file import write_metrics
from vitrine.evaluation.model_card import MODEL_CARD, model_card

if TYPE_CHECKING:
    import pyarrow as pa
    from tensorflow_model_analysis.proto.validation_result_pb2 import ValidationFailure


@component
@staged
def RetrievalEvaluator(  # noqa: N802  # a component's name is a type's
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    classifier_blessing: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelBlessing],
    classifier_evaluation: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelEvaluation],
    classifier_run: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelRun],
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    product_embeddings: tfx.dsl.components.InputArtifact[ProductEmbeddings],
    encoder: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    blessing: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.ModelBlessing],
    evaluation: tfx.dsl.components.OutputArtifact[RetrievalEvaluation],
    settings: tfx.dsl.components.Parameter[str],
    blessed_note: tfx.dsl.components.Parameter[str],
    served_model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model] = None,
    served_index: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model] = None,
    audit: tfx.dsl.components.InputArtifact[SearchAudit] = None,
    encoder_run: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelRun] = None,
    category_run: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelRun] = None,
) -> None:
    """Write `metrics.json`, and a blessing if the classifier has the Evaluator's blessing and no threshold is missed.

    An `audit` adds its own thresholds.

    The blessing carries the search model's `version`, under which the Pushers push the model, its index and classifier,
    and the model card, `MODEL_CARD.md`, which they push beside each.
    `settings` is JSON, the fields of AssessmentSettings. The served version is `served_model` with its index, or, where
    no resolver finds it, the one that `blessed_note` names.
    """
    from vitrine.audit.missed import read_missed
    from vitrine.evaluation.assessment import CandidateModel, assess
    from vitrine.evaluation.settings import AssessmentSettings

    assessment = AssessmentSettings.model_validate_json(settings)

    train, held_out = (without_clicks(read_split(judgements, split, columns.JUDGEMENTS)) for split in columns.SPLITS)
    blessed = model_utils.is_model_blessed(classifier_blessing)
    classifier_reasons = [] if blessed else [*failed_thresholds(classifier_evaluation.uri), *one_label(held_out)]
    reasons = [*classifier_reasons, *(read_missed(Path(audit.uri)) if audit else [])]
    with served_version(model, served_model, served_index, blessed_note) as served:
        candidate = CandidateModel(
            model=Path(path_utils.serving_model_path(model.uri)),
            products=Path(product_embeddings.uri),
            classifier_run=Path(classifier_run.uri),
            train=train,
            held_out=held_out,
            served=served,
        )
        metrics = assess(candidate, assessment, reasons)
    refused = metrics["refused"]
    write_metrics(Path(evaluation.uri), metrics)
    trainings = {"encoder": encoder_run, "classifier": classifier_run, "categories": category_run}
    facts = card_facts(model, product_embeddings, encoder, trainings, classifier_evaluation, audit)
    Path(blessing.uri, MODEL_CARD).write_text(model_card(metrics, facts, assessment.card), encoding="utf-8")
    name = constants.NOT_BLESSED_FILE_NAME if refused else constants.BLESSED_FILE_NAME
    Path(blessing.uri, name).touch()
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(not refused))
    # Vertex resolves the baseline from the latest blessing of any node, so this one names its classifier, too.
    model_id = constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY
    if model_id in classifier_blessing.mlmd_artifact.custom_properties:
        classifier_id = classifier_blessing.mlmd_artifact.custom_properties[model_id]
        blessing.mlmd_artifact.custom_properties[model_id].CopyFrom(classifier_id)
    blessing.set_string_custom_property(VERSION_PROPERTY, model.get_string_custom_property(VERSION_PROPERTY))
    for kind in ("refused", "not_applied"):
        for sentence in metrics[kind]:
            progress.note(f"{kind.replace('_', ' ')}: {sentence}")


def failed_thresholds(evaluation: str) -> list[str]:
    """Return a sentence for each threshold that the Evaluator reports as missed."""
    import tensorflow_model_analysis as tfma

    result = tfma.load_validation_result(evaluation)
    sentences = [_sentence(failure) for slice_ in result.metric_validations_per_slice for failure in slice_.failures]
    return sentences or ["the Evaluator refused the classifier: no threshold was measured"]


def one_label(judgements: "pa.Table") -> list[str]:
    """Return a sentence if all judgements have the same label, which no classifier can exceed."""
    labels = judgements[columns.ESCI_LABEL].unique().to_pylist()
    if len(labels) != 1:
        return []
    reason = (
        f"every held-out judgement is {labels[0]}, so a classifier has nothing to tell apart: judge products that fit "
        "their query less, too, or set evaluator.above_majority: -1 to push one that has learnt nothing"
    )
    return [reason]


def _sentence(failure: "ValidationFailure") -> str:
    value = failure.metric_value.double_value.value
    name = failure.metric_key.name.removesuffix("_diff")
    if failure.metric_key.is_diff:
        allowed = failure.metric_threshold.change_threshold.absolute.value
        return f"classifier's {name} changed by {value:+.4f} against the last blessed model; {allowed:+.4f} is allowed"
    bound = failure.metric_threshold.value_threshold.lower_bound.value
    return f"classifier's {name} is {value:.4f}, and at least {bound:.4f} is required"

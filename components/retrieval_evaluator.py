"""RetrievalEvaluator: measures the exported search model on the held-out queries, and blesses or refuses it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from tfx import v1 as tfx
from tfx.components.evaluator import constants
from tfx.components.util import model_utils
from tfx.dsl.component.experimental.decorators import component
from tfx.utils import path_utils

from components.artifacts import Embeddings, RetrievalEvaluation
from components.examples import read_split
from components.pusher import VERSION_PROPERTY
from components.staging import staged
from vitrine import progress
from vitrine.data import columns
from vitrine.evaluation.report_files import METRICS_FILE


@component
@staged
def RetrievalEvaluator(  # noqa: N802  # a component's name is a type's
    model: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Model],
    classifier_blessing: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelBlessing],
    classifier_evaluation: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelEvaluation],
    classifier_run: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.ModelRun],
    judgements: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    product_embeddings: tfx.dsl.components.InputArtifact[Embeddings],
    blessing: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.ModelBlessing],
    evaluation: tfx.dsl.components.OutputArtifact[RetrievalEvaluation],
    settings: tfx.dsl.components.Parameter[str],
) -> None:
    """Write `metrics.json`, and a blessing where the classifier has the Evaluator's and no threshold is missed.

    The blessing carries the search model's `version`, under which the Pushers push all that belongs to it.
    `settings` is JSON: `thresholds` holds the fields of RetrievalThresholds; `image_root` is where relative image paths
    start; `code` is a stamp for the cache.
    """
    from vitrine.data.images.image_root import image_folder
    from vitrine.evaluation.measure import Catalogue, measure
    from vitrine.evaluation.thresholds import RetrievalThresholds, refusals
    from vitrine.search.exported_model import ExportedModel

    options = json.loads(settings)
    train, held_out = (read_split(judgements, split, columns.JUDGEMENTS) for split in columns.SPLITS)
    names = [columns.PRODUCT_ID, *columns.PRODUCT_TEXT, columns.IMAGE, columns.HAS_IMAGE]
    products = pa.parquet.read_table(product_embeddings.uri, columns=names)
    catalogue = Catalogue(products, image_folder(options["image_root"]))
    served = ExportedModel(Path(path_utils.serving_model_path(model.uri)))
    metrics = measure(served, catalogue, train, held_out)
    baseline = Path(classifier_run.uri) / METRICS_FILE
    metrics["classifier"]["query_only"] = json.loads(baseline.read_text(encoding="utf-8")).get("query_only")

    reasons = refusals(metrics, RetrievalThresholds.model_validate(options["thresholds"]))
    if not model_utils.is_model_blessed(classifier_blessing):
        reasons = [*failed_thresholds(classifier_evaluation.uri), *reasons]
    metrics["refused"] = reasons
    Path(evaluation.uri, METRICS_FILE).write_text(json.dumps(metrics, indent=2), encoding="utf-8")
    name = constants.NOT_BLESSED_FILE_NAME if reasons else constants.BLESSED_FILE_NAME
    Path(blessing.uri, name).touch()
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(not reasons))
    # Vertex takes the latest blessing of all for that of the baseline, so this one says of which classifier it is, too.
    candidate = constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY
    if candidate in classifier_blessing.mlmd_artifact.custom_properties:
        known = classifier_blessing.mlmd_artifact.custom_properties[candidate]
        blessing.mlmd_artifact.custom_properties[candidate].CopyFrom(known)
    blessing.set_string_custom_property(VERSION_PROPERTY, model.get_string_custom_property(VERSION_PROPERTY))
    for reason in reasons:
        progress.note(f"refused: {reason}")


def failed_thresholds(evaluation: str) -> list[str]:
    """Return a sentence for each threshold that the Evaluator found missed."""
    import tensorflow_model_analysis as tfma

    result = tfma.load_validation_result(evaluation)
    sentences = [_sentence(failure) for slice_ in result.metric_validations_per_slice for failure in slice_.failures]
    return sentences or ["the Evaluator refused the classifier: no threshold was measured"]


def _sentence(failure: Any) -> str:
    value = failure.metric_value.double_value.value
    name = failure.metric_key.name.removesuffix("_diff")
    if failure.metric_key.is_diff:
        allowed = failure.metric_threshold.change_threshold.absolute.value
        return f"classifier's {name} changed by {value:+.4f} against the last blessed model; {allowed:+.4f} is allowed"
    bound = failure.metric_threshold.value_threshold.lower_bound.value
    return f"classifier's {name} is {value:.4f}, and at least {bound:.4f} is asked for"

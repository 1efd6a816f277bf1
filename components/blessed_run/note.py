"""The note of the blessed run: a file below the pipeline's root, for platforms without a resolver that finds it."""

import json
from collections.abc import Mapping
from typing import Final

from google.protobuf import json_format  # type: ignore[import-untyped]
from tfx import v1 as tfx
from tfx.components.util import model_utils
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.io import fileio
from tfx.types import Artifact

from components.blessed_run.artifacts import (
    ARTIFACTS,
    CATEGORY_HEAD,
    ENCODER_SETTINGS,
    NO_BLESSED_RUN,
    SEARCH_INDEX,
    SEARCH_MODEL,
    require_same_encoder,
)
from vitrine.errors import ConfigError

Examples = tfx.types.standard_artifacts.Examples
Model = tfx.types.standard_artifacts.Model
ModelBlessing = tfx.types.standard_artifacts.ModelBlessing
ModelEvaluation = tfx.types.standard_artifacts.ModelEvaluation
ModelRun = tfx.types.standard_artifacts.ModelRun
_FIELDS: Final = ("uri", "properties", "customProperties")
"""The fields of an artifact's proto that are noted; ids are the platform's."""


@component
def NoteBlessedRun(  # noqa: N802  # a component's name is a type's
    blessing: tfx.dsl.components.InputArtifact[ModelBlessing],
    encoder: tfx.dsl.components.InputArtifact[Model],
    judgements: tfx.dsl.components.InputArtifact[Examples],
    served_catalogue: tfx.dsl.components.InputArtifact[Examples],
    classifier: tfx.dsl.components.InputArtifact[Model],
    classifier_run: tfx.dsl.components.InputArtifact[ModelRun],
    classifier_blessing: tfx.dsl.components.InputArtifact[ModelBlessing],
    classifier_evaluation: tfx.dsl.components.InputArtifact[ModelEvaluation],
    category_head: tfx.dsl.components.InputArtifact[Model],
    search_model: tfx.dsl.components.InputArtifact[Model],
    search_index: tfx.dsl.components.InputArtifact[Model],
    note: tfx.dsl.components.Parameter[str],
    encoder_settings: tfx.dsl.components.Parameter[str],
) -> None:
    """Write to `note`, a path or URI, where the run's artifacts are, if the search model has its `blessing`."""
    if not model_utils.is_model_blessed(blessing):
        return
    artifacts = {
        "encoder": encoder,
        "judgements": judgements,
        "served_catalogue": served_catalogue,
        "classifier": classifier,
        "classifier_run": classifier_run,
        "classifier_blessing": classifier_blessing,
        "classifier_evaluation": classifier_evaluation,
        CATEGORY_HEAD: category_head,
        SEARCH_MODEL: search_model,
        SEARCH_INDEX: search_index,
    }
    noted = {ARTIFACTS: {name: _fields(artifact) for name, artifact in artifacts.items()}}
    fileio.makedirs(note.rpartition("/")[0])
    with fileio.open(note, "w") as file:
        file.write(json.dumps({**noted, ENCODER_SETTINGS: encoder_settings}, indent=2, sort_keys=True))


@component
def NotedBlessedRun(  # noqa: N802  # a component's name is a type's
    encoder: tfx.dsl.components.OutputArtifact[Model],
    judgements: tfx.dsl.components.OutputArtifact[Examples],
    served_catalogue: tfx.dsl.components.OutputArtifact[Examples],
    classifier: tfx.dsl.components.OutputArtifact[Model],
    classifier_run: tfx.dsl.components.OutputArtifact[ModelRun],
    classifier_blessing: tfx.dsl.components.OutputArtifact[ModelBlessing],
    classifier_evaluation: tfx.dsl.components.OutputArtifact[ModelEvaluation],
    category_head: tfx.dsl.components.OutputArtifact[Model],
    note: tfx.dsl.components.Parameter[str],
    encoder_settings: tfx.dsl.components.Parameter[str],
) -> None:
    """Refer each output to the artifact that `note` names. Nothing is copied.

    Raises ConfigError if there is no note, or if the present `encoder_settings` are not the blessed run's.
    """
    if not fileio.exists(note):
        raise ConfigError(f"{note}: {NO_BLESSED_RUN}")
    with fileio.open(note) as file:
        noted = json.loads(file.read())
    require_same_encoder(encoder_settings, noted[ENCODER_SETTINGS])
    outputs = {
        "encoder": encoder,
        "judgements": judgements,
        "served_catalogue": served_catalogue,
        "classifier": classifier,
        "classifier_run": classifier_run,
        "classifier_blessing": classifier_blessing,
        "classifier_evaluation": classifier_evaluation,
        CATEGORY_HEAD: category_head,
    }
    if CATEGORY_HEAD not in noted[ARTIFACTS]:  # noted by a version without category heads
        del outputs[CATEGORY_HEAD]
    for name, artifact in outputs.items():
        json_format.ParseDict(noted[ARTIFACTS][name], artifact.mlmd_artifact)


def _fields(artifact: Artifact) -> Mapping[str, object]:
    fields = json_format.MessageToDict(artifact.mlmd_artifact)
    return {name: fields[name] for name in _FIELDS if name in fields}

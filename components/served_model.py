"""The served version of the search model, with which RetrievalEvaluator compares a new one.

In ML Metadata a resolver finds it: the newest blessed search model. Kubeflow and Vertex have no resolver that could, so
there the note of the blessed run (`components/blessed_run/note.py`) names it.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import ml_metadata as mlmd
from google.protobuf import json_format  # type: ignore[import-untyped]
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.dsl.io import fileio
from tfx.types import Artifact
from tfx.types.standard_artifacts import Model
from tfx.utils import path_utils

from components.blessed_run.artifacts import ARTIFACTS, SEARCH_INDEX, SEARCH_MODEL
from components.blessed_run.resolver import blessings_of_search_models, maker
from components.pusher import VERSION_PROPERTY
from components.staging import on_disk
from vitrine.evaluation.served_version import ServedVersion

CANDIDATE: Final = "candidate"
"""The channel of the new search model."""


class LatestServedModel(ResolverStrategy):
    """Resolver of the newest blessed search model older than the one in the channel `CANDIDATE`, and of its index.

    The candidate may be from the cache. If it were compared with itself, or with a version that was pushed after it, a
    run that changes nothing would evaluate it again.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[tfx.dsl.Artifact]]
    ) -> dict[str, list[tfx.dsl.Artifact]]:
        """Return the channels, those of the model and its index with one artifact each, or with none."""
        candidate = min((artifact.id for artifact in input_dict[CANDIDATE]), default=0)
        blessed = (maker(store, blessing)[1]["model"] for blessing in blessings_of_search_models(store))
        served = max((model for model in blessed if model < candidate), default=None)
        found = {SEARCH_MODEL: served, SEARCH_INDEX: _index(store, served) if served is not None else None}
        resolved = {
            name: [artifact for artifact in input_dict[name] if artifact.id == number] for name, number in found.items()
        }
        return {**input_dict, **resolved}


@contextlib.contextmanager
def served_version(
    candidate: Artifact, model: Artifact | None, index: Artifact | None, note: str
) -> Iterator[ServedVersion | None]:
    """Yield the served version, on this machine's disk within the block; None if there is none besides `candidate`.

    It is the resolved `model` with its `index`, or the one that `note` names, a path or URI, if no resolver ran.
    """
    if note:
        model, index = _noted(note)
    version = model.get_string_custom_property(VERSION_PROPERTY) if model else ""
    if model is None or index is None or version == candidate.get_string_custom_property(VERSION_PROPERTY):
        yield None
        return
    with on_disk([model, index], ()):
        yield ServedVersion(
            version=version,
            model=Path(path_utils.serving_model_path(model.uri)),
            index=Path(path_utils.serving_model_path(index.uri)),
        )


def _index(store: mlmd.MetadataStore, model: int) -> int | None:
    """Return the index that the execution which made a search model made with it."""
    generator, _ = maker(store, model)
    outputs = [event for event in store.get_events_by_execution_ids([generator.id]) if event.type == proto.Event.OUTPUT]
    return next((event.artifact_id for event in outputs if event.path.steps[0].key == "index"), None)


def _noted(note: str) -> tuple[Model | None, Model | None]:
    """Return the blessed search model and its index, as `note` names them; older notes lack both."""
    if not fileio.exists(note):
        return None, None
    with fileio.open(note) as file:
        noted = json.loads(file.read())[ARTIFACTS]
    if not {SEARCH_MODEL, SEARCH_INDEX} <= noted.keys():
        return None, None
    model, index = Model(), Model()
    for name, artifact in ((SEARCH_MODEL, model), (SEARCH_INDEX, index)):
        json_format.ParseDict(noted[name], artifact.mlmd_artifact)
    return model, index

"""The resolver of the blessed run in ML Metadata."""

from collections.abc import Iterator, Mapping
from itertools import chain

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types.standard_artifacts import ModelBlessing

from components.blessed_run.artifacts import (
    BLESSED_RUN,
    CATEGORY_HEAD,
    ENCODER_SETTINGS,
    NO_BLESSED_RUN,
    SERVED_CATALOGUE,
    require_same_encoder,
)
from components.latest_blessed import BLESSED
from components.pusher import VERSION_PROPERTY
from vitrine.errors import ConfigError


class LatestBlessedRun(ResolverStrategy):
    """Resolver of the artifacts of the newest run whose search model was blessed.

    Each is found as an input of the executions that made the blessing, so that a catalogue run may follow another. The
    served catalogue is that of the newest blessed run with another catalogue than the present one, in the channel
    `catalogue`: with its own, a run that changes nothing would not be cached.
    """

    def __init__(self, encoder_settings: str) -> None:
        """Keep the present settings of the encoder, as JSON."""
        self._encoder_settings = encoder_settings

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[tfx.dsl.Artifact]]
    ) -> dict[str, list[tfx.dsl.Artifact]]:
        """Return the channels, those of `BLESSED_RUN` with one artifact; an unknown catalogue or head has none.

        Raises:
            ConfigError: There is no such run, or its encoder has other settings.
        """
        runs = blessed_runs(store, self._encoder_settings)
        newest = next(runs)
        present = {artifact.id for artifact in input_dict["catalogue"]}
        catalogues = (run[SERVED_CATALOGUE] for run in chain([newest], runs))
        found = newest | {SERVED_CATALOGUE: next((number for number in catalogues if number not in present), None)}
        resolved = {
            name: [artifact for artifact in input_dict[name] if artifact.id == found.get(name)] for name in BLESSED_RUN
        }
        return {**input_dict, **resolved}


def blessed_runs(store: mlmd.MetadataStore, encoder_settings: str) -> Iterator[dict[str, int]]:
    """Yield the ids of the artifacts of `BLESSED_RUN` for each run with a blessed search model, the newest first.

    Raises:
        ConfigError: There is no such run, or the newest one's encoder has other settings than `encoder_settings`.
    """
    blessings = sorted(blessings_of_search_models(store), reverse=True)
    if not blessings:
        raise ConfigError(NO_BLESSED_RUN)
    generator, _ = maker(store, maker(store, blessings[0])[1]["model"])
    require_same_encoder(encoder_settings, generator.custom_properties[ENCODER_SETTINGS].string_value)
    return (blessed_run(store, blessing) for blessing in blessings)


def blessings_of_search_models(store: mlmd.MetadataStore) -> list[int]:
    """Return the ids of the blessings by RetrievalEvaluator; the Evaluator's have no version."""
    return [
        artifact.id
        for artifact in store.get_artifacts_by_type(ModelBlessing.TYPE_NAME)
        if artifact.custom_properties[BLESSED].int_value == 1
        and artifact.custom_properties[VERSION_PROPERTY].string_value
    ]


def blessed_run(store: mlmd.MetadataStore, blessing: int) -> dict[str, int]:
    """Return the ids of the artifacts of `BLESSED_RUN` of the run with this blessing."""
    _, evaluated = maker(store, blessing)
    _, built_from = maker(store, evaluated["model"])
    _, embedded = maker(store, evaluated["judgements"])
    return {
        **{name: evaluated[name] for name in ("classifier_run", "classifier_blessing", "classifier_evaluation")},
        **{name: built_from[name] for name in ("encoder", "classifier", CATEGORY_HEAD) if name in built_from},
        "judgements": _source(store, embedded),
        SERVED_CATALOGUE: embedded["catalogue"],
    }


def _source(store: mlmd.MetadataStore, embedded: Mapping[str, int]) -> int:
    """Return the judgements as ExampleGen read them: a catalogue run's are some of those of an earlier run."""
    judgements, made_from = 0, embedded
    while "judgements" in made_from:
        judgements = made_from["judgements"]
        _, made_from = maker(store, judgements)
    return judgements


def maker(store: mlmd.MetadataStore, artifact: int) -> tuple[proto.Execution, dict[str, int]]:
    """Return the execution that made an artifact, and its inputs by their names."""
    events = store.get_events_by_artifact_ids([artifact])
    made = min(event.execution_id for event in events if event.type == proto.Event.OUTPUT)
    (execution,) = store.get_executions_by_id([made])
    read = [event for event in store.get_events_by_execution_ids([made]) if event.type == proto.Event.INPUT]
    return execution, {event.path.steps[0].key: event.artifact_id for event in read}

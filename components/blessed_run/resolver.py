"""The resolver of the blessed run in ML Metadata."""

from collections.abc import Iterator, Mapping, Sequence

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy

from components.blessed_run.artifacts import BLESSED_RUN, ENCODER_SETTINGS, NO_BLESSED_RUN, require_same_encoder
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
        """Return the channels, those of `BLESSED_RUN` with one artifact; with none for an unknown served catalogue.

        Raises:
            ConfigError: There is no such run, or its encoder has other settings.
        """
        blessings = [blessing for blessing in input_dict["classifier_blessing"] if _blesses_search_model(blessing)]
        runs = _blessed_runs(store, sorted((blessing.id for blessing in blessings), reverse=True))
        newest = next(runs, None)
        if newest is None:
            raise ConfigError(NO_BLESSED_RUN)
        settings, found = newest
        require_same_encoder(self._encoder_settings, settings)
        present = {artifact.id for artifact in input_dict["catalogue"]}
        catalogues = (ids["served_catalogue"] for ids in (found, *(ids for _, ids in runs)))
        found |= {"served_catalogue": next((number for number in catalogues if number not in present), 0)}
        resolved = {
            name: [artifact for artifact in input_dict[name] if artifact.id == found[name]] for name in BLESSED_RUN
        }
        return {**input_dict, **resolved}


def _blesses_search_model(blessing: tfx.dsl.Artifact) -> bool:
    """Return whether this is a blessing of RetrievalEvaluator; the Evaluator's have no version."""
    return bool(blessing.get_int_custom_property(BLESSED) and blessing.get_string_custom_property(VERSION_PROPERTY))


def _blessed_runs(store: mlmd.MetadataStore, blessings: Sequence[int]) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the encoder's settings and the ids of the artifacts of `BLESSED_RUN`, for each blessing."""
    for blessing in blessings:
        _, evaluated = _maker(store, blessing)
        generator, built_from = _maker(store, evaluated["model"])
        _, embedded = _maker(store, evaluated["judgements"])
        ids = {name: evaluated[name] for name in ("classifier_run", "classifier_blessing", "classifier_evaluation")}
        ids |= {name: built_from[name] for name in ("encoder", "classifier")}
        ids |= {"judgements": _source(store, embedded), "served_catalogue": embedded["catalogue"]}
        yield generator.custom_properties[ENCODER_SETTINGS].string_value, ids


def _source(store: mlmd.MetadataStore, embedded: Mapping[str, int]) -> int:
    """Return the judgements as ExampleGen read them: a catalogue run's are some of those of an earlier run."""
    judgements, made_from = 0, embedded
    while "judgements" in made_from:
        judgements = made_from["judgements"]
        _, made_from = _maker(store, judgements)
    return judgements


def _maker(store: mlmd.MetadataStore, artifact: int) -> tuple[proto.Execution, dict[str, int]]:
    """Return the execution that made an artifact, and its inputs by their names."""
    events = store.get_events_by_artifact_ids([artifact])
    made = min(event.execution_id for event in events if event.type == proto.Event.OUTPUT)
    (execution,) = store.get_executions_by_id([made])
    read = [event for event in store.get_events_by_execution_ids([made]) if event.type == proto.Event.INPUT]
    return execution, {event.path.steps[0].key: event.artifact_id for event in read}

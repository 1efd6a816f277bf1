"""The statistics of the data that made the served model, with which those of new data are compared."""

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy

from components.blessed_run.artifacts import SERVED_CATALOGUE
from components.blessed_run.resolver import blessed_run, blessings_of_search_models

SERVED: dict[str, str] = {"judgements": "judgements", "catalogue": SERVED_CATALOGUE}
"""The channels of statistics, and the blessed run's examples that they describe."""
PRESENT = "present_"
"""The beginning of the names of the channels with the present examples."""


class ServedStatistics(ResolverStrategy):
    """Resolver of the statistics of the newest blessed run's examples other than the present ones.

    Compared with its own statistics, a run that changes nothing would not be cached.
    """

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[tfx.dsl.Artifact]]
    ) -> dict[str, list[tfx.dsl.Artifact]]:
        """Return the channels of `SERVED` with one artifact, or with none."""
        runs = [blessed_run(store, blessing) for blessing in sorted(blessings_of_search_models(store), reverse=True)]
        resolved = dict(input_dict)
        for name in SERVED.keys() & input_dict.keys():
            present = {artifact.id for artifact in input_dict[PRESENT + name]}
            served = next((run[SERVED[name]] for run in runs if run[SERVED[name]] not in present), None)
            found = _described_by(store, served) if served is not None else set()
            resolved[name] = [artifact for artifact in input_dict[name] if artifact.id in found][:1]
        return resolved


def _described_by(store: mlmd.MetadataStore, examples: int) -> set[int]:
    """Return the ids of the outputs of all executions that read the examples, among them their statistics."""
    readers = [
        event.execution_id for event in store.get_events_by_artifact_ids([examples]) if event.type == proto.Event.INPUT
    ]
    events = store.get_events_by_execution_ids(readers) if readers else []
    return {event.artifact_id for event in events if event.type == proto.Event.OUTPUT}

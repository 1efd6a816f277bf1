"""Artifacts that the present run may take from the cache, which resolvers of earlier artifacts leave out."""

from collections.abc import Mapping

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx import v1 as tfx


def is_cached_output(
    store: mlmd.MetadataStore, artifact: tfx.dsl.Artifact, inputs: set[int], same: Mapping[str, str]
) -> bool:
    """Return whether an artifact was made of the artifacts `inputs`, by id, with the properties `same`."""
    made = [
        event.execution_id
        for event in store.get_events_by_artifact_ids([artifact.id])
        if event.type == proto.Event.OUTPUT
    ]
    (execution,) = store.get_executions_by_id([min(made)])
    read = {
        event.artifact_id
        for event in store.get_events_by_execution_ids([execution.id])
        if event.type == proto.Event.INPUT
    }
    properties = execution.custom_properties
    return inputs <= read and all(
        name in properties and properties[name].string_value == value for name, value in same.items()
    )

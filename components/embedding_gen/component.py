"""The interface of EmbeddingGen."""

import json
from typing import ClassVar

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import BaseChannel, Channel, component_spec, standard_artifacts

from components.artifacts import DataApproval, Embeddings
from components.embedding_gen import executor
from components.embedding_gen.settings import Settings


class EmbeddingGenSpec(component_spec.ComponentSpec):
    """Channels and properties of EmbeddingGen."""

    PARAMETERS: ClassVar = {
        "settings": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar = {
        "judgements": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "catalogue": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "catalogue_schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "encoder": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "approval": component_spec.ChannelParameter(type=DataApproval),
    }
    OUTPUTS: ClassVar = {
        "query_embeddings": component_spec.ChannelParameter(type=Embeddings),
        "product_embeddings": component_spec.ChannelParameter(type=Embeddings),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "joined_schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }


class EmbeddingGen(base_beam_component.BaseBeamComponent):
    """Encoding of the distinct queries and products of the examples, joined to each judgement.

    The joined examples hold a judged pair with the product's text, its vectors packed as bytes (little-endian float32),
    and `has_image`; `joined_schema` describes them.
    """

    SPEC_CLASS = EmbeddingGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        judgements: BaseChannel,
        catalogue: BaseChannel,
        schema: BaseChannel,
        catalogue_schema: BaseChannel,
        encoder: BaseChannel,
        approval: BaseChannel,
        settings: Settings,
    ) -> None:
        """Connect the channels; `settings` is stored as JSON with the execution."""
        spec = EmbeddingGenSpec(
            judgements=judgements,
            catalogue=catalogue,
            schema=schema,
            catalogue_schema=catalogue_schema,
            encoder=encoder,
            approval=approval,
            settings=json.dumps(settings.as_dict(), sort_keys=True),
            query_embeddings=Channel(type=Embeddings),
            product_embeddings=Channel(type=Embeddings),
            examples=Channel(type=standard_artifacts.Examples),
            joined_schema=Channel(type=standard_artifacts.Schema),
        )
        super().__init__(spec=spec)

"""The interface of EmbeddingGen."""

from typing import ClassVar

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import BaseChannel, Channel, component_spec, standard_artifacts

from components.artifacts import EARLIER_EMBEDDINGS, EMBEDDINGS, DataApproval, channel_parameters
from components.embedding_gen import executor
from vitrine.embeddings.settings import EncodingSettings


class EmbeddingGenSpec(component_spec.ComponentSpec):
    """Channels and properties of EmbeddingGen."""

    PARAMETERS: ClassVar = {
        "settings": component_spec.ExecutionParameter(type=str),
        "parts": component_spec.ExecutionParameter(type=str),
        "remember": component_spec.ExecutionParameter(type=int),
        "encoding_code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar = {
        "judgements": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "catalogue": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "catalogue_schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "encoder": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "approval": component_spec.ChannelParameter(type=DataApproval),
        **channel_parameters(EARLIER_EMBEDDINGS, optional=True),
    }
    OUTPUTS: ClassVar = {
        **channel_parameters(EMBEDDINGS),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "joined_schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }


class EmbeddingGen(base_beam_component.BaseBeamComponent):
    """Encoding of the distinct queries and products of the examples, each once.

    Vectors of contents that earlier runs have encoded are taken from `earlier_queries` and `earlier_products`, and from
    the `parts` of a run that was killed. The joined examples hold a judged pair with the product's text, `has_image`
    and the row numbers of both vectors; `joined_schema` describes them.
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
        settings: EncodingSettings,
        parts: str,
        encoding_code: str,
        remember: bool = False,
        earlier_queries: BaseChannel | None = None,
        earlier_products: BaseChannel | None = None,
    ) -> None:
        """Connect the channels.

        Args:
          judgements: examples of judged pairs.
          catalogue: examples of products.
          schema: the judgements' schema.
          catalogue_schema: the catalogue's schema.
          encoder: the encoder's checkpoint.
          approval: AnomalyGate's approval of the data.
          settings: stored as JSON with the execution.
          parts: the folder or URI of parts, which survive a killed run.
          encoding_code: a digest of the code that makes vectors; other code makes other vectors.
          remember: whether the run writes down beside its parts where its embeddings are, for platforms on which no
            node finds those of earlier runs in ML Metadata.
          earlier_queries: embeddings of queries of earlier runs.
          earlier_products: embeddings of products of earlier runs.
        """
        spec = EmbeddingGenSpec(
            judgements=judgements,
            catalogue=catalogue,
            schema=schema,
            catalogue_schema=catalogue_schema,
            encoder=encoder,
            approval=approval,
            earlier_queries=earlier_queries,
            earlier_products=earlier_products,
            settings=settings.model_dump_json(),
            parts=parts,
            encoding_code=encoding_code,
            remember=int(remember),
            **{name: Channel(type=kind) for name, kind in EMBEDDINGS.items()},
            examples=Channel(type=standard_artifacts.Examples),
            joined_schema=Channel(type=standard_artifacts.Schema),
        )
        super().__init__(spec=spec)

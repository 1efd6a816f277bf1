"""Vitrine's own artifact types, and the properties that make lineage readable.

A type's name is its import path: Kubeflow and Vertex pass it to a node as the artifact's schema, and TFX imports it
there. Their schemas cannot declare further properties, so these are custom properties.
"""

from collections.abc import Mapping
from typing import Final

from tfx.types.artifact import Artifact
from tfx.types.component_spec import ChannelParameter

FINGERPRINT, DIMENSION, COUNT = "fingerprint", "dimension", "count"
ENCODING = "encoding"
"""The property of embeddings with a digest of all that made a vector from a content: encoder, precision and code."""
ENCODED, REUSED = "encoded", "reused"
"""The properties of embeddings with the numbers of vectors that the run encoded, and took from earlier runs."""


def describe(artifact: Artifact, fingerprint: str, dimension: int, count: int) -> None:
    """Set the properties of an artifact that holds vectors or is built from them.

    Args:
      artifact: the artifact to describe.
      fingerprint: the fingerprint of the encoder that made the vectors, which traces an index to its encoder.
      dimension: the length of a vector.
      count: the number of rows.
    """
    artifact.set_string_custom_property(FINGERPRINT, fingerprint)
    artifact.set_int_custom_property(DIMENSION, dimension)
    artifact.set_int_custom_property(COUNT, count)


class QueryEmbeddings(Artifact):
    """A folder of memory-mapped files (see `vitrine.embeddings.layout`): `query_id`, `query` and `query_vector`.

    Beside each vector are the key of its content and its origin, the embeddings that it was first written to.
    """

    TYPE_NAME = "components.QueryEmbeddings"


class ProductEmbeddings(Artifact):
    """A folder as that of QueryEmbeddings: the catalogue's columns, `text_vector`, `image_vector` and their flags."""

    TYPE_NAME = "components.ProductEmbeddings"


EMBEDDINGS: Final = {"query_embeddings": QueryEmbeddings, "product_embeddings": ProductEmbeddings}
"""The types of the channels of embeddings, as inputs and outputs, by their names."""
EARLIER_EMBEDDINGS: Final = {"earlier_queries": QueryEmbeddings, "earlier_products": ProductEmbeddings}
"""The types of EmbeddingGen's inputs with the embeddings of earlier runs, by their names."""


def channel_parameters(types: Mapping[str, type[Artifact]], optional: bool = False) -> dict[str, ChannelParameter]:
    """Return the entries of a component's spec for channels, by their names."""
    return {name: ChannelParameter(type=kind, optional=optional) for name, kind in types.items()}


class RetrievalEvaluation(Artifact):
    """`metrics.json`: every ranking's metrics with their intervals, and the thresholds that were missed."""

    TYPE_NAME = "components.RetrievalEvaluation"


class SearchAudit(Artifact):
    """The report of an audit: `audit.html`, `audit.md`, and `audit.json` with the thresholds that were missed."""

    TYPE_NAME = "components.SearchAudit"


class DataApproval(Artifact):
    """`approval.json`: the validated splits, written only if none of them has an anomaly."""

    TYPE_NAME = "components.DataApproval"


class FeatureStore(Artifact):
    """A Feast repository: `registry.db`, the offline Parquet files and, where it is embedded, the online store."""

    TYPE_NAME = "components.FeatureStore"


class DriftFindings(Artifact):
    """`findings.json`: a sentence for each column that is distributed otherwise than in the served model's data."""

    TYPE_NAME = "components.DriftFindings"

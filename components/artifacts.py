"""Artifact types of Vitrine's own, and the properties that make lineage readable.

A type's name is where it is imported from: Kubeflow and Vertex hand it to a node as the artifact's schema, and TFX
imports it there. They know no schema with properties of our own, so these are custom ones.
"""

from tfx.types.artifact import Artifact

FINGERPRINT, DIMENSION, COUNT = "fingerprint", "dimension", "count"


def describe(artifact: Artifact, fingerprint: str, dimension: int, count: int) -> None:
    """Set the properties of vectors, and of what is built on them.

    Args:
      artifact: what to describe.
      fingerprint: of the encoder that made the vectors, so that ML Metadata answers which encoder made an index.
      dimension: of the vectors.
      count: of the rows.
    """
    artifact.set_string_custom_property(FINGERPRINT, fingerprint)
    artifact.set_int_custom_property(DIMENSION, dimension)
    artifact.set_int_custom_property(COUNT, count)


class Embeddings(Artifact):
    """A directory of Parquet files, one row an entity: its id, its columns and its vectors.

    Queries: `query_id`, `query`, `query_vector`. Products: the catalogue's columns, `text_vector`, `image_vector`,
    `has_text`, `has_image`. Vectors are fixed-size lists of float32 of unit length, zeros where a side is missing.
    """

    TYPE_NAME = "components.Embeddings"


class RetrievalEvaluation(Artifact):
    """`metrics.json`: every ranking's metrics with their intervals, and what the thresholds said of them."""

    TYPE_NAME = "components.RetrievalEvaluation"


class DataApproval(Artifact):
    """`approval.json`: the validated splits, written only when no anomaly was found in any of them."""

    TYPE_NAME = "components.DataApproval"


class FeatureStore(Artifact):
    """A Feast repository: `registry.db`, the offline Parquet files and, where it is embedded, the online store."""

    TYPE_NAME = "components.FeatureStore"

"""Artifact types of Vitrine's own, with the properties that make lineage readable.

`fingerprint` is that of the encoder that made the vectors, so that ML Metadata answers which encoder made an index.
"""

from typing import ClassVar

from tfx.types.artifact import Artifact, Property, PropertyType


class Embeddings(Artifact):
    """A directory of Parquet files, one row an entity: its id, its columns and its vectors.

    Queries: `query_id`, `query`, `query_vector`. Products: the catalogue's columns, `text_vector`, `image_vector`,
    `has_text`, `has_image`. Vectors are fixed-size lists of float32 of unit length, zeros where a side is missing.
    """

    TYPE_NAME = "VitrineEmbeddings"
    PROPERTIES: ClassVar = {
        "fingerprint": Property(type=PropertyType.STRING),
        "dimension": Property(type=PropertyType.INT),
        "count": Property(type=PropertyType.INT),
    }


class RetrievalEvaluation(Artifact):
    """`metrics.json`: every ranking's metrics with their intervals, and what the thresholds said of them."""

    TYPE_NAME = "VitrineRetrievalEvaluation"


class DataApproval(Artifact):
    """`approval.json`: the validated splits, written only when no anomaly was found in any of them."""

    TYPE_NAME = "VitrineDataApproval"


class FeatureStore(Artifact):
    """A Feast repository: `registry.db`, the offline Parquet files and, where it is embedded, the online store."""

    TYPE_NAME = "VitrineFeatureStore"
    PROPERTIES: ClassVar = {
        "fingerprint": Property(type=PropertyType.STRING),
        "dimension": Property(type=PropertyType.INT),
        "count": Property(type=PropertyType.INT),
    }

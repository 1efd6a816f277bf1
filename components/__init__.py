"""Custom TFX components, for what no standard component does."""

from components.artifacts import DataApproval, Embeddings, FeatureStore, RetrievalEvaluation

__all__ = ["DataApproval", "Embeddings", "FeatureStore", "RetrievalEvaluation"]

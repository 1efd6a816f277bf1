"""Custom TFX components, for what no standard component does."""

from components.artifacts import DataApproval, FeatureStore, ProductEmbeddings, QueryEmbeddings, RetrievalEvaluation

__all__ = ["DataApproval", "FeatureStore", "ProductEmbeddings", "QueryEmbeddings", "RetrievalEvaluation"]

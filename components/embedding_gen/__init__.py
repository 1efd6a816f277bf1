"""EmbeddingGen: each distinct query and product encoded once, then joined to every judged pair."""

from components.embedding_gen.component import EmbeddingGen

__all__ = ["EmbeddingGen"]

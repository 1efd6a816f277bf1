"""Embeddings of queries and products: columnar files that are memory-mapped, and look-ups by row number."""

"""Precomputed vectors: their files, lookup by id, and the columns that they are published in."""

"""Baselines and floors: BM25, the majority class, and random order."""

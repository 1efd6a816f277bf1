"""Robustness of searches by words: forms in which people write the same query, and what each of them loses."""

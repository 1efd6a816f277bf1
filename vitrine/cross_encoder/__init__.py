"""A cross-encoder: reads query and product text together, and says how well they match; the ceiling of re-ranking."""

"""The search model: fusion, indexes, re-ranking, its export as one SavedModel, and a client for what was pushed."""

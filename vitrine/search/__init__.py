"""The search model: fusion, indexes, re-ranking, export as one SavedModel, and a client for pushed models."""

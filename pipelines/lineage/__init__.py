"""The lineage of a pushed version: its query, its text and its figure."""

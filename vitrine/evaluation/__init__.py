"""Evaluation of an exported search model against its baselines, and the thresholds for its blessing."""

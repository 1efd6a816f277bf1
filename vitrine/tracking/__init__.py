"""Tracking of trainings: MLflow runs, and estimates of energy by CodeCarbon."""

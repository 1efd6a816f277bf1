"""Runs in ML Metadata, as plain values."""

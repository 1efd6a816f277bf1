"""Measuring an exported search model beside its baselines, and deciding whether it may be pushed."""

"""Calls that may fail: retries with `tenacity`, and circuit breakers."""

"""Batching: requests of one signature that arrive together are computed in one call."""

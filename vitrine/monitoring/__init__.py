"""Monitoring of searches: figures of a window of the event log, drift from an earlier one, alerts and reports."""

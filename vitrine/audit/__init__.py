"""Audit of a search engine as its users meet it: suites of measurements with intervals, a report, and a gate."""

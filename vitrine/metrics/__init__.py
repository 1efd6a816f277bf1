"""Metrics of rankings and of classes, with confidence intervals and paired tests."""

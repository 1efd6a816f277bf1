"""Measuring rankings: metrics with confidence intervals, the BM25 baseline and the floors."""

"""Interpretation of queries: prices and negations become filters, and their words leave the text that is searched."""

"""Errors of the classifier by group of pairs."""

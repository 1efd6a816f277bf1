"""Feast's definitions of Vitrine's features."""

"""Feast definitions of Vitrine's features."""

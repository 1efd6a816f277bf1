"""Merchandising: rules by query that pin, boost, bury and hide products, or lead elsewhere."""

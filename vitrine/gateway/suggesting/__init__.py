"""Suggestions while a query is typed: queries that others searched with success, categories, brands and titles."""

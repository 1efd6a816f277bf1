"""Attention that groups of products receive, beside their share of relevant products."""

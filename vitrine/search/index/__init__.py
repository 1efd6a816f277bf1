"""Indexes in the graph: exact search, and inverted lists with a shortlist by leading coordinates."""

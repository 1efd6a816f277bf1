"""Indexes in the graph: exact search, inverted lists with a shortlist by leading coordinates, and postings of words."""

"""Notebooks that show the results of a run: `jupyter lab notebooks/`."""

"""What a run made, to look at: `jupyter lab notebooks/`."""

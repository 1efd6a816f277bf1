"""The benchmark: every way to rank a prepared dataset, side by side."""

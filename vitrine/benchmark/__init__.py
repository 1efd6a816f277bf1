"""The benchmark: every ranking of a prepared dataset, compared."""

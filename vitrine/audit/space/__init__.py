"""The space of vectors: maps, similar categories, products that are alone or almost the same, and gibberish."""

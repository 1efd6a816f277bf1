"""Evaluator: TFX's, with the vectors of the pairs, which examples refer to by row number."""

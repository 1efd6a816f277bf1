"""Judgements by a language model: pooled candidates, a rubric, calls within a budget, and agreement with people."""

"""Judgements from clicks: click models that know position bias, graded relevance, and labels with weights."""

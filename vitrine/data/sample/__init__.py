"""The sample: a shop that does not exist, drawn and worded by a deterministic generator."""

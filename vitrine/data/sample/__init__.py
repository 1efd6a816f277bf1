"""The sample: the catalogue of an invented shop, with images and judgements, from a deterministic generator."""

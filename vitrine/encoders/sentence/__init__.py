"""BERT-type sentence encoders of texts."""

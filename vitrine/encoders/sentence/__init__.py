"""BERT-type sentence encoders: text only, pooled and of unit length."""

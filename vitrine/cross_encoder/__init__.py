"""The cross-encoder, which reads query and product text together: an upper bound on the quality of re-ranking."""

"""EmbeddingGen: encodes each distinct query and product once, and joins products and row numbers to judged pairs."""

"""EmbeddingGen: each distinct query and product encoded once, then joined to every judged pair."""

"""EmbeddingGen: encodes each distinct query and product once, and joins the vectors to every judged pair."""

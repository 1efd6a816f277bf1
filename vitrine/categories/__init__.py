"""The category head: predicts a product's category from vectors of the encoder, and is served in the search model."""

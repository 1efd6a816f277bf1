"""Images of sample products: a shape for each category, filled with a colour and a pattern."""

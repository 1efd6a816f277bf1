"""Explanations of searches: each stage's verdict on a product, the words that counted, and maps of images."""

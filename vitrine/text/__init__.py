"""Analysis of text: words, units, normalisation, and the text of a product."""

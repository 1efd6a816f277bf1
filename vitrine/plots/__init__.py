"""Plots and tables for notebooks: product images, heat maps, maps of vectors, and statistics."""

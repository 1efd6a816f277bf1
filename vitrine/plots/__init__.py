"""What notebooks show: product pictures, heat maps, maps of vectors, and tables out of statistics."""

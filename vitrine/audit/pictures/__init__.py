"""Robustness of searches by image, and images that show no product."""

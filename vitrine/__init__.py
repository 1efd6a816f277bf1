"""Vitrine's library: data, encoders, ranking, search and serving. It imports no TFX and nothing above itself."""

__version__ = "0.1.0"

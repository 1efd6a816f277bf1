"""Stamps: properties of nodes that change when something changes that the node reads and TFX's cache does not look at.

TFX reuses a node's outputs when its inputs and properties are the same. Code, encoders, vectors and images are neither.
"""

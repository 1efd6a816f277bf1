"""Stamps: properties of nodes that change when something changes that the node reads and TFX's cache does not look at.

TFX reuses a node's outputs when its inputs and properties are the same. Code, encoders, vectors and images are neither.
"""

from typing import Final

CODE: Final = "code"
"""The property with a digest of all code that a node runs."""
MODULES: Final = "modules"
"""The property with what that digest is of, as JSON: digests by module, versions by distribution."""

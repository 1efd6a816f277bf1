"""Stamps: node properties that change with what the node reads besides its input artifacts.

TFX reuses a node's outputs if its inputs and properties are the same. Code, encoders, vectors and images are neither.
"""

from typing import Final

CODE: Final = "code"
"""The property with the digest of all code that a node runs."""
ENCODING_CODE: Final = "encoding_code"
"""The property of EmbeddingGen with the digest of the code that makes vectors from contents."""
MODULES: Final = "modules"
"""The property with that digest's parts, as JSON: digests by module, versions by distribution."""

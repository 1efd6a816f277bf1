"""Names of the transformed features, between Transform and the model."""

from typing import Final

LEXICAL: Final = "lexical"
LABEL: Final = "label"

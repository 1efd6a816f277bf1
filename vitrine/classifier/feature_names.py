"""Names of the transformed features, between Transform and the model."""

from typing import Final

LEXICAL: Final = "lexical"
LABEL: Final = "label"

QUERY_CATEGORY: Final = "query_category"
PRODUCT_CATEGORY: Final = "product_category"
CATEGORIES: Final = (QUERY_CATEGORY, PRODUCT_CATEGORY)
"""Which categories each side speaks of, shares over the corpus' most frequent ones."""

"""Names of the transformed features that Transform writes and the model reads."""

from typing import Final

LEXICAL: Final = "lexical"
LABEL: Final = "label"

QUERY_CATEGORY: Final = "query_category"
PRODUCT_CATEGORY: Final = "product_category"
CATEGORIES: Final = (QUERY_CATEGORY, PRODUCT_CATEGORY)
"""The categories' probabilities given the query and given the product, over the most frequent categories."""

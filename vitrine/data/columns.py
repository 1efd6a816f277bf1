"""Names of columns and features, from the contract's files to the served model."""

from typing import Final

PRODUCT_ID: Final = "product_id"
QUERY_ID: Final = "query_id"
QUERY: Final = "query"
ESCI_LABEL: Final = "esci_label"
IMAGE: Final = "image"
VIEWS: Final = "views"
PRICE: Final = "price"
CURRENCY: Final = "currency"
STOCK: Final = "stock"
POPULARITY: Final = "popularity"
HIDDEN: Final = "hidden"
ATTRIBUTES: Final = "attributes"
"""A product's further attributes: to the pipeline, a JSON object of the texts in its row, with its currency."""
SOURCE: Final = "source"
WEIGHT: Final = "weight"

PRODUCT_TEXT: Final = ("title", "description", "brand", "color", "category")
"""The product's text columns that a query can match; each may be empty."""

CATALOGUE: Final = (PRODUCT_ID, *PRODUCT_TEXT, IMAGE, VIEWS, PRICE)
"""Columns of `catalogue/*.csv`, in order. `image`, `views` (additional images, a JSON list), `price` may be empty."""

JUDGEMENTS: Final = (QUERY_ID, QUERY, PRODUCT_ID, ESCI_LABEL, SOURCE)
"""Columns of `judgements/{train,eval}/*.csv`, in order. `source`, where the query comes from, may be empty."""

WEIGHTED: Final = (*JUDGEMENTS, WEIGHT)
"""Columns of judgements that count less than others: `weight`, in (0, 1], may be empty or missing, which is 1."""

EXTRA: Final = (CURRENCY,)
"""Further columns that `vitrine prepare` writes to a catalogue if the input has them."""

OPTIONAL: Final = {VIEWS, PRICE, SOURCE, WEIGHT, *EXTRA}
"""Columns that a file of the contract may lack; they are then read as empty."""

SPLITS: Final = ("train", "eval")

# Features that EmbeddingGen adds to each judged pair: row numbers in the embeddings of queries and products.
QUERY_ROW: Final = "query_row"
PRODUCT_ROW: Final = "product_row"
# Vectors are float32 [dimension] of unit length, zeros where the product has no text or no image.
QUERY_VECTOR: Final = "query_vector"
TEXT_VECTOR: Final = "text_vector"
IMAGE_VECTOR: Final = "image_vector"
HAS_IMAGE: Final = "has_image"
HAS_TEXT: Final = "has_text"
# Columns of the index: a category that the category head predicts for a product without one, and its probability.
CATEGORY_PREDICTED: Final = "category_predicted"
CATEGORY_PROBABILITY: Final = "category_probability"
GAIN: Final = "gain"
"""The label's ranking gain, float, which the Evaluator reads and the classifier does not."""
VECTORS: Final = (QUERY_VECTOR, TEXT_VECTOR, IMAGE_VECTOR)

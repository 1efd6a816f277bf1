"""The response to a request for suggestions."""

from typing import Final, Literal

from pydantic import BaseModel, Field

SuggestionKind = Literal["query", "category", "brand", "product"]
MAX_TYPED: Final = 200
"""Characters of the longest beginning of a query that is completed."""


class Suggestion(BaseModel):
    """A query to search for, or a product to go to."""

    text: str = Field(description="The query, or the product's title.")
    kind: SuggestionKind = Field(
        description="`query` for what others searched and clicked, `category`, `brand`, or `product` for one product."
    )
    catalogue: str
    product_id: str | None = Field(default=None, description="The product, for the kind `product`.")


class Suggestions(BaseModel):
    """The suggestions for the beginning of a query, the best first."""

    query: str = Field(description="The beginning of the query, as it was asked for.")
    suggestions: list[Suggestion]

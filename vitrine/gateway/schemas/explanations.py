"""The reasons that a product was found: words and parts of images."""

from pydantic import BaseModel, Field


class WordShare(BaseModel):
    """The share of a word of the query in a result's score."""

    word: str = Field(description="A word of the query as it was searched for.")
    share: float = Field(
        description="Its Shapley value in log-odds of the score: above 0 it spoke for the product, below 0 against it. "
        "The shares add up to the log-odds of the score less those of a search without words."
    )


class Reason(BaseModel):
    """The reason that a product was found."""

    by_text: float | None = Field(
        description="Similarity to the product's text, in standard deviations above a random pair; null without text."
    )
    by_image: float | None = Field(description="The same for the product's image; null without an image.")
    words: list[str] = Field(description="Words of the query that the product's texts contain.")
    shares: list[WordShare] | None = Field(
        default=None, description="The share of each word of the query; null unless the request asked to explain."
    )
    modifiers: dict[str, float] = Field(
        default={},
        description="What each modifier has moved the product by, in standard deviations of the comparable score.",
    )
    summary: str = Field(description="The reason in one sentence.")


class Region(BaseModel):
    """A part of an image, as shares of its width and height, from the top left."""

    left: float
    top: float
    width: float
    height: float


class ImageRelevance(BaseModel):
    """The patches of an image that speak for a similarity."""

    patches: list[list[float]] = Field(
        description="The share of each patch, row by row from the top left; they sum to 1, or to 0 if none counts."
    )
    region: Region = Field(description="The part of the image that the patches cover; the model sees no more of it.")
    similarity: float = Field(description="The similarity of the vectors, in [-1, 1].")


class Explanation(BaseModel):
    """The words of a query and the parts of images that spoke for a product."""

    catalogue: str
    product_id: str
    words: list[WordShare] = Field(description="The share of each word of the query; empty without words.")
    product_image: ImageRelevance | None = Field(
        description="The patches of the product's image that are similar to the query; null if it has no image here, "
        "or if the model encodes no images."
    )
    query_image: ImageRelevance | None = Field(
        description="The patches of the query's image that are similar to the product's image; null without either."
    )

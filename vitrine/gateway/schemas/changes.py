"""The bodies of feedback, offers and synonyms, and their acknowledgements."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vitrine.gateway.schemas.values import INTEGRAL, Identifier, Price, Request

MAX_OFFERS: Final = 20_000
"""Maximum number of products in one change of offers."""


class FeedbackRequest(Request):
    """A shopper's click or purchase of a result."""

    request_id: Identifier = Field(description="The `request_id` in the search's response.")
    product_id: Identifier
    kind: Literal["click", "purchase"]
    position: Annotated[int, Field(ge=1, le=10_000), INTEGRAL] | None = Field(
        default=None, description="The rank of the result, from 1."
    )


class OfferChange(Request):
    """A change of one product. An absent key changes nothing; null withdraws a value: the catalogue's applies again."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, float | int | str | None]

    product_id: Identifier
    price: Price | None = None
    stock: Annotated[int, Field(ge=0, le=10**15), INTEGRAL] | None = None
    popularity: Price | None = None
    hidden: bool | None = Field(default=None, description="True removes the product from every answer.")


class OffersRequest(Request):
    """Changes of products, which take effect together or not at all."""

    products: list[OfferChange] = Field(min_length=1, max_length=MAX_OFFERS)


class OffersResponse(BaseModel):
    """The acknowledgement of changes that this gateway shows now."""

    update: int = Field(description="The number of the update.")
    products: int = Field(description="The number of changed products.")
    unknown: int = Field(description="The number of them that are not served; they are kept for later versions.")
    first_unknown: str | None


class SynonymRequest(Request):
    """Words of queries that are to be replaced."""

    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="The words to replace, one to five."
    )
    replacement: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="The words that replace them, one to five."
    )


class Accepted(BaseModel):
    """The acknowledgement of feedback."""

    status: Literal["accepted"] = "accepted"

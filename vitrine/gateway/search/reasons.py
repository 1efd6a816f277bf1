"""The reason that a product was found, in words for shoppers."""

from collections.abc import Mapping, Sequence
from typing import Final

from vitrine.gateway.catalogue.product_row import ProductRow, own_category
from vitrine.gateway.schemas.explanations import Reason
from vitrine.text.matching import SEPARATOR

_STRONG: Final = 2.0
"""Standard deviations above a random pair from which a similarity is called very close."""
_NOTABLE: Final = 1.0
"""Standard deviations above a random pair from which a similarity is mentioned."""
_MOVED: Final = 0.05
"""Standard deviations of the comparable score from which a move by a modifier is mentioned."""


def text_of(product: ProductRow) -> str:
    """Return the texts of a product that words are looked for in; a predicted category is none of them."""
    return SEPARATOR.join(
        (product["title"], product["brand"], product["color"], own_category(product), product["description"])
    )


def explain(words: Sequence[str], by_text: float | None, by_image: float | None, moved: Mapping[str, float]) -> Reason:
    """Return the reason that a product was found, with those `words` of the query that it has.

    A similarity is None if the query or the product has no text or no image. `moved` is what modifiers have moved the
    product by.
    """
    parts = [f"has {_quoted_list(words)}"] if words else []
    for similarity, noun in ((by_text, "text"), (by_image, "image")):
        if similarity is not None and similarity >= _NOTABLE:
            degree = "very " if similarity >= _STRONG else ""
            parts.append(f"its {noun} is {degree}close to what was asked for")
    parts = parts or ["the closest match, though neither its words nor its similarity are strong"]
    for direction, sign in (("up", 1), ("down", -1)):
        names = [name.replace("_", " ") for name, shift in moved.items() if sign * shift >= _MOVED]
        if names:
            parts.append(f"moved {direction} for its {' and '.join(names)}")
    summary = "; ".join(parts)
    return Reason(
        by_text=by_text,
        by_image=by_image,
        words=list(words),
        modifiers=dict(moved),
        summary=summary[0].upper() + summary[1:],
    )


def _quoted_list(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"

"""Types of what a shop prefers among products of similar relevance, for settings and requests."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, FiniteFloat

MAX_MODIFIERS: Final = 8
"""Maximum number of attributes that modify scores."""
MAX_SHIFT: Final = 1.0
"""Bound on what all modifiers together can move a product by, in standard deviations of the comparable score."""

OutOfStock = Literal["show", "demote", "hide"]


def _move_little(weights: dict[str, float]) -> dict[str, float]:
    if sum(map(abs, weights.values())) > MAX_SHIFT:
        raise ValueError(f"the weights add up to more than {MAX_SHIFT:g}, and relevance must lead")
    return weights


Modifiers = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")],
        Annotated[FiniteFloat, Field(ge=-MAX_SHIFT, le=MAX_SHIFT)],
    ],
    Field(max_length=MAX_MODIFIERS, json_schema_extra={"additionalProperties": False}),
    AfterValidator(_move_little),
]
"""Weights of numeric attributes, from -1 to 1, whose absolute values add up to at most `MAX_SHIFT`."""

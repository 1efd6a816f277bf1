"""Names of shades: a shopper who wants nothing red wants nothing scarlet either.

They are names of CSS Color Module Level 4 and of shops that most people take for shades of a basic colour term (Berlin
and Kay 1969). Names between two terms, such as coral or khaki, are left out.
"""

from functools import cache
from typing import Final, NamedTuple

from vitrine.interpretation.constraint import Terms
from vitrine.text.analysis import analyse

_SHADES: Final = {
    "red": ("crimson scarlet maroon burgundy vermilion carmine bordeaux oxblood", "cherry ruby wine"),
    "orange": ("", "tangerine apricot pumpkin"),
    "yellow": ("", "lemon mustard canary"),
    "green": ("chartreuse viridian", "emerald olive lime mint jade sage moss"),
    "blue": ("navy azure cobalt indigo ultramarine cerulean", "sapphire"),
    "purple": ("mauve", "violet lavender lilac plum aubergine amethyst orchid"),
    "pink": ("fuchsia", "rose blush salmon"),
    "brown": ("sepia umber", "chocolate chestnut coffee mocha walnut caramel"),
    "black": ("", "ebony jet onyx"),
    "white": ("", "ivory snow alabaster"),
    "grey": ("gray anthracite", "charcoal slate ash gunmetal"),
    "turquoise": ("teal aquamarine", "aqua"),
}
"""The shades of a colour: names that mean only a colour, and names of things with it, which a title may be about."""
_SPELLINGS: Final = {"gray": "grey"}


class Shade(NamedTuple):
    """The terms of a shade's name, and whether they mean only a colour: `walnut` is more often a wood than a brown."""

    terms: Terms
    only_colour: bool


@cache
def shades_of(colour: Terms) -> tuple[Shade, ...]:
    """Return the shades of a colour, given its terms; none of a shade, or of a colour without a row in the table."""
    name = _SPELLINGS.get(" ".join(colour), " ".join(colour))
    colours, things = _SHADES.get(name, ("", ""))
    names = [(shade, True) for shade in colours.split()] + [(shade, False) for shade in things.split()]
    if name != " ".join(colour):
        names.append((name, True))
    return tuple(
        Shade(tuple(analyse(shade)), only_colour) for shade, only_colour in names if tuple(analyse(shade)) != colour
    )

"""Numbers that may have a unit, converted to the unit of their attribute."""

import functools
import re
from typing import TYPE_CHECKING, Final

from vitrine.text.units import UNIT_OF

if TYPE_CHECKING:
    from pint import UnitRegistry

LARGEST: Final = 1e15
"""The largest number, also below zero; clients that read JSON can hold it."""
DIGITS: Final = 12
"""Significant digits of a converted number, which hide the rounding of factors: 12 in are 30.48 cm."""

_NUMBER: Final = r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?"
_WORD: Final = r"°?[^\W\d_]{1,20}"
_UNIT: Final = rf"{_WORD}(?:/{_WORD})?|[°%\"″”'′]"  # no digits and operators: nothing that pint would compute with
_QUANTITY: Final = re.compile(rf"({_NUMBER})(?:[ \u00a0\u202f]?({_UNIT}))?")
_SYMBOLS: Final = {"w": "W", "v": "V", "mb": "MB", "gb": "GB", "tb": "TB", "mp": "megapixel"}
"""Pint's names of units that `vitrine.text.units` has in lower case and pint has not."""


def read_number(text: str, unit: str = "") -> float:
    """Return the number that a text says, in `unit`.

    A text without a unit, or with the same one, is taken as it is. With another one, pint converts it.

    Raises:
        ValueError: The text is no decimal number from -1e15 to 1e15, or has a unit that cannot be converted to `unit`.
    """
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise ValueError("no decimal number")
    number, given = float(found[1]), found[2]
    if given and _canonical(given) != _canonical(unit):
        if not unit:
            raise ValueError("a unit where none is declared")
        number = _converted(number, _canonical(given), _canonical(unit))
    if not abs(number) <= LARGEST:
        raise ValueError("too large")
    return number + 0.0  # no negative zero


def _canonical(unit: str) -> str:
    """Return a unit's own spelling, in pint's case if it is one of `UNITS`."""
    known = UNIT_OF.get(unit.lower())
    return _SYMBOLS.get(known, known) if known else unit


def _converted(number: float, given: str, unit: str) -> float:
    from pint.errors import PintError

    try:
        quantity = _registry().Quantity(number, given).to(unit)
    except (PintError, ArithmeticError) as error:
        raise ValueError(str(error)) from None
    return float(f"{quantity.magnitude:.{DIGITS}g}")


@functools.cache
def _registry() -> "UnitRegistry[float]":
    from pint import UnitRegistry

    return UnitRegistry()

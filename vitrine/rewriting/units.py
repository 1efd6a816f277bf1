"""Measurements as the catalogue writes them: `5"`, `5in` and `5 inches` become `5 inch` where that is its form.

Nothing is converted: 1500 ml stays 1500 ml.
"""

import re
from collections.abc import Mapping
from typing import Final

from vitrine.rewriting.rewrite import Change

UNITS: Final = {
    "mm": ("mm", "millimeter", "millimeters", "millimetre", "millimetres"),
    "cm": ("cm", "cms", "centimeter", "centimeters", "centimetre", "centimetres"),
    "m": ("m", "mtr", "meter", "meters", "metre", "metres"),
    "inch": ("inch", "inches", "in", '"', "″", "”"),
    "ft": ("ft", "foot", "feet"),
    "ml": ("ml", "milliliter", "milliliters", "millilitre", "millilitres"),
    "l": ("l", "ltr", "ltrs", "liter", "liters", "litre", "litres"),
    "oz": ("oz", "ounce", "ounces"),
    "g": ("g", "gr", "gram", "grams", "gramme", "grammes"),
    "kg": ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"),
    "lb": ("lb", "lbs"),  # and no pounds, which may be money
    "w": ("w", "watt", "watts"),
    "v": ("v", "volt", "volts"),
    "mb": ("mb", "megabyte", "megabytes"),
    "gb": ("gb", "gigabyte", "gigabytes"),
    "tb": ("tb", "terabyte", "terabytes"),
    "mp": ("mp", "megapixel", "megapixels"),
}
"""Each unit's spellings."""

_UNIT_OF: Final = {spelling: unit for unit, spellings in UNITS.items() for spelling in spellings}
_MARKS: Final = '["″”]'
_WORDS: Final = "|".join(sorted(filter(str.isalpha, _UNIT_OF), key=len, reverse=True))
_SPACED_WORDS: Final = "|".join(word for word in _WORDS.split("|") if word != "in")  # "2 in 1" measures nothing

# Of a catalogue, for Arrow, whose expressions know no look-around.
SPACED: Final = rf"(?i)([0-9]) ({_SPACED_WORDS})\b"
GLUED: Final = rf"(?i)([0-9])(-?)((?:{_WORDS})\b|{_MARKS})"

_UNIT: Final = rf"(?a:{_WORDS})|{_MARKS}"  # ASCII: Unicode's other cases include a long s and a dotless i
MEASURE: Final = re.compile(rf"0[-_]?(?:{_UNIT})", re.IGNORECASE)

# Of a query: the number stands alone, so that model codes stay as they are.
_MEASUREMENT: Final = re.compile(
    rf"(?<![\w.,/])([0-9]+(?:[.,/][0-9]+)*)(?:( )((?a:{_SPACED_WORDS}))|(-?)({_UNIT}))(?!\w)", re.IGNORECASE
)
_QUOTATION: Final = re.compile(r'(?:^|\s)["”]\S')
_FORM: Final = re.compile(rf"0([- ]?)({_UNIT})", re.IGNORECASE)
_USUAL: Final = 10
"""A form is the catalogue's own, too, unless another one is so many times as frequent."""


class Units:
    """How a catalogue writes each unit, from its vocabulary."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._counts: dict[str, int] = {}
        self._forms: dict[str, str] = {}
        for form, count in vocabulary.items():
            found = _FORM.fullmatch(form)
            if found is None:
                continue
            self._counts[form.lower()] = self._counts.get(form.lower(), 0) + count
            unit = _UNIT_OF[found[2].lower()]
            if unit not in self._forms or (count, form) > (vocabulary[self._forms[unit]], self._forms[unit]):
                self._forms[unit] = form

    def normalise(self, text: str) -> tuple[str, list[Change]]:
        """Write measurements in the catalogue's form. Those that differ from it in case only are left alone."""
        changes: list[Change] = []
        quoted = _QUOTATION.search(text) is not None

        def replaced(found: re.Match[str]) -> str:
            spelling = (found[3] or found[5]).lower()
            own = f"0{found[2] or found[4] or ''}{spelling}"
            form = self._forms.get(_UNIT_OF[spelling], own)
            usual = self._counts.get(own, 0) * _USUAL >= self._counts.get(form.lower(), 0)
            if form.lower() == own or usual or (quoted and not spelling.isalpha()):
                return found[0]
            changes.append(Change("unit", found[0], found[1] + form[1:]))
            return changes[-1].after

        return _MEASUREMENT.sub(replaced, text), changes

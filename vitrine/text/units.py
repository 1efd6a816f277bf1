"""Units of measurement, and patterns of a number with a unit in a text."""

import re
from typing import Final

UNITS: Final = {
    "mm": ("mm", "millimeter", "millimeters", "millimetre", "millimetres"),
    "cm": ("cm", "cms", "centimeter", "centimeters", "centimetre", "centimetres"),
    "m": ("m", "mtr", "meter", "meters", "metre", "metres"),
    "inch": ("inch", "inches", "in", '"', "″", "”"),
    "ft": ("ft", "foot", "feet"),
    "ml": ("ml", "milliliter", "milliliters", "millilitre", "millilitres"),
    "cl": ("cl", "centiliter", "centiliters", "centilitre", "centilitres"),
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
"""The spellings of each unit."""

UNIT_OF: Final = {spelling: unit for unit, spellings in UNITS.items() for spelling in spellings}
_MARKS: Final = '["″”]'
_WORDS: Final = "|".join(sorted(filter(str.isalpha, UNIT_OF), key=len, reverse=True))
_SPACED_WORDS: Final = "|".join(word for word in _WORDS.split("|") if word != "in")  # "2 in 1" measures nothing

# For catalogues. Arrow's regular expressions have no look-around.
SPACED: Final = rf"(?i)([0-9]) ({_SPACED_WORDS})\b"
GLUED: Final = rf"(?i)([0-9])(-?)((?:{_WORDS})\b|{_MARKS})"

_UNIT: Final = rf"(?a:{_WORDS})|{_MARKS}"  # ASCII: Unicode's other cases include a long s and a dotless i
MEASURE: Final = re.compile(rf"0[-_]?(?:{_UNIT})", re.IGNORECASE)

# For queries. The number must stand alone, so that model codes are left as they are.
MEASUREMENT: Final = re.compile(
    rf"(?<![\w.,/])([0-9]+(?:[.,/][0-9]+)*)(?:( )((?a:{_SPACED_WORDS}))|(-?)({_UNIT}))(?!\w)", re.IGNORECASE
)
FORM: Final = re.compile(rf"0([- ]?)({_UNIT})", re.IGNORECASE)
"""A form in which a catalogue writes a unit, as `vitrine.text.words.vocabulary_of` counts it."""

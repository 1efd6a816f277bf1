"""Measurements as the catalogue writes them: `5"`, `5in` and `5 inches` become `5 inch` where that is its form.

Nothing is converted: 1500 ml stays 1500 ml.
"""

import re
from collections.abc import Mapping
from typing import Final

from vitrine.rewriting.rewrite import Change
from vitrine.text.units import FORM, MEASUREMENT, UNIT_OF

_QUOTATION: Final = re.compile(r'(?:^|\s)["”]\S')
_USUAL: Final = 10
"""A form is the catalogue's own, too, unless another one is so many times as frequent."""


class Units:
    """How a catalogue writes each unit, from its vocabulary."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._counts: dict[str, int] = {}
        self._forms: dict[str, str] = {}
        for form, count in vocabulary.items():
            found = FORM.fullmatch(form)
            if found is None:
                continue
            self._counts[form.lower()] = self._counts.get(form.lower(), 0) + count
            unit = UNIT_OF[found[2].lower()]
            if unit not in self._forms or (count, form) > (vocabulary[self._forms[unit]], self._forms[unit]):
                self._forms[unit] = form

    def normalise(self, text: str) -> tuple[str, list[Change]]:
        """Write measurements in the catalogue's form. Those that differ from it in case only are left alone."""
        changes: list[Change] = []
        quoted = _QUOTATION.search(text) is not None

        def replaced(found: re.Match[str]) -> str:
            spelling = (found[3] or found[5]).lower()
            own = f"0{found[2] or found[4] or ''}{spelling}"
            form = self._forms.get(UNIT_OF[spelling], own)
            usual = self._counts.get(own, 0) * _USUAL >= self._counts.get(form.lower(), 0)
            if form.lower() == own or usual or (quoted and not spelling.isalpha()):
                return found[0]
            changes.append(Change("unit", found[0], found[1] + form[1:]))
            return changes[-1].after

        return MEASUREMENT.sub(replaced, text), changes

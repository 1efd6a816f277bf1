"""Normalisation of measurements to the catalogue's form: `5"`, `5in` and `5 inches` become `5 inch` if that is it.

Units are not converted: 1500 ml stays 1500 ml.
"""

import re
from collections.abc import Mapping
from typing import Final

from vitrine.rewriting.rewrite import Change
from vitrine.text.units import FORM, MEASUREMENT, UNIT_OF

_QUOTATION: Final = re.compile(r'(?:^|\s)["”]\S')
_DOMINANCE: Final = 10
"""The ratio of counts from which a form is replaced by the catalogue's most frequent form."""


class Units:
    """The form in which a catalogue writes each unit, from its vocabulary."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._counts: dict[str, int] = {}
        self._forms: dict[str, str] = {}
        for form, count in vocabulary.items():
            match = FORM.fullmatch(form)
            if match is None:
                continue
            self._counts[form.lower()] = self._counts.get(form.lower(), 0) + count
            unit = UNIT_OF[match[2].lower()]
            if unit not in self._forms or (count, form) > (vocabulary[self._forms[unit]], self._forms[unit]):
                self._forms[unit] = form

    def normalise(self, text: str) -> tuple[str, list[Change]]:
        """Write measurements in the catalogue's form. Those that differ from it in case only are not changed."""
        changes: list[Change] = []
        quoted = _QUOTATION.search(text) is not None

        def replacement(match: re.Match[str]) -> str:
            spelling = (match[3] or match[5]).lower()
            typed = f"0{match[2] or match[4] or ''}{spelling}"
            form = self._forms.get(UNIT_OF[spelling], typed)
            is_common = self._counts.get(typed, 0) * _DOMINANCE >= self._counts.get(form.lower(), 0)
            if form.lower() == typed or is_common or (quoted and not spelling.isalpha()):
                return match[0]
            changes.append(Change("unit", match[0], match[1] + form[1:]))
            return changes[-1].after

        return MEASUREMENT.sub(replacement, text), changes

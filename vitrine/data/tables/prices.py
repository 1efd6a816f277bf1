"""Prices as shops write them: `1.299,00 EUR`, `US$ 1,299`, `12,- €`."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.tables.currencies import currency_code

Decimal = Literal[".", ","]

PLAIN: Final = r"^([0-9]{1,40}|[0-9]{0,40}\.[0-9]{1,2}|[0-9]{1,40}\.([0-9]{4,})?)([eE](\+?[0-9]{1,2}|-[0-9]{1,3}))?$"
"""RE2 of a number that reads the same in every country that writes a decimal point."""

NUMBER: Final = re.compile(
    r"(?P<before>[^\d.,+−-]*(?:(?<=[^\W\d_])\.\s*)?)(?P<number>\.?\d[\d.,'’\s]*?)(?P<round>[.,][-–—])?(?P<after>[^\d]*)"
)
AMBIGUOUS: Final = "is a number with thousands, or with three decimals; --decimal . or --decimal , says which"
UNREADABLE: Final = "is not a price of 0 or more"


@dataclass
class PriceReader:
    """A reader of a column of prices, block by block.

    Attributes:
        decimal: the decimal mark, or "" to tell it from the values: a mark with one, two, or more than three digits
            after it is decimal, and decides about `1.299`, too.
        currencies: the currencies found so far, in order.
        marks: the decimal marks found so far.
        guess: the first price that only the marks decided about, and the number that it became.
    """

    decimal: Decimal | Literal[""] = ""
    currencies: dict[str, None] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    guess: tuple[str, str] | None = None

    def read(self, prices: pa.ChunkedArray) -> tuple[pa.Array, pa.Array, dict[str, str]]:
        """Return plain numbers [N] and currencies [N], "" for none, and the reason of each text that is no price."""
        encoded = prices.combine_chunks().dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        plain = pc.match_substring_regex(encoded.dictionary, PLAIN).to_pylist()
        if self.decimal != ",":
            numbers = [text if is_plain else "" for text, is_plain in zip(texts, plain, strict=True)]
            if any("." in number for number in numbers):
                self.marks.add(".")
            unread = [index for index, text in enumerate(texts) if text and not plain[index]]
        else:
            numbers = [""] * len(texts)
            unread = [index for index, text in enumerate(texts) if text]
        found = {index: _parts(texts[index]) for index in unread}
        marks = {number: _mark(number) for number, _ in found.values()}
        self.marks.update(mark for number, mark in marks.items() if mark and _number(number, mark))
        codes, reasons = [""] * len(texts), {}
        for index, (number, code) in found.items():
            numbers[index], reason = self._plain(number)
            if reason:
                reasons[texts[index]] = reason
            else:
                codes[index] = code
                self.currencies.update({code: None} if code else {})
        return _taken(numbers, encoded), _taken(codes, encoded), reasons

    def _plain(self, number: str) -> tuple[str, str]:
        """Return the number with a decimal point, or the reason why there is none."""
        mark = self.decimal or _mark(number)
        if not mark and re.search(r"[.,]", number):
            if len(self.marks) != 1:
                return "", AMBIGUOUS
            (mark,) = self.marks
            self.guess = self.guess or (number, _number(number, mark))
        plain = _number(number, mark)
        return plain, "" if plain else UNREADABLE


def _parts(text: str) -> tuple[str, str]:
    """Split a price into its number and the code of its currency; no number if it is something else."""
    found = NUMBER.fullmatch(text.strip())
    if not found:
        return "", ""
    codes = [currency_code(found[side]) for side in ("before", "after")]
    if None in codes:
        return "", ""
    return found["number"].strip(), codes[1] or codes[0] or ""


def _mark(number: str) -> str:
    """Return the mark that must be decimal in a number, or ""."""
    marks = re.findall(r"[.,]", number)
    if not marks:
        return ""
    last = str(marks[-1])
    if len(set(marks)) == 2:
        return last if marks.count(last) == 1 else ""
    if len(marks) > 1:
        return "." if last == "," else ","  # thousands
    before, _, after = number.partition(last)
    if re.search(r"['’\s]", before) or len(after) != 3 or before in ("", "0") or len(before) > 3:
        return last
    return ""


def _number(number: str, mark: str) -> str:
    """Return a number of which `mark` is the decimal mark, if it has any, with a point; "" if it is malformed."""
    whole, _, fraction = number.rpartition(mark) if mark and mark in number else (number, "", "")
    groups = re.split(r"[.,'’\s]", whole)
    separators = set(re.findall(r"[.,'’\s]", whole))
    digits = "".join(groups)
    if mark in separators or len(separators) > 1 or (len(groups) > 1 and not _in_groups(groups)):
        return ""
    if not re.fullmatch(r"[0-9]+", digits + fraction):
        return ""
    return f"{digits or '0'}.{fraction}" if fraction else digits


def _in_groups(groups: list[str]) -> bool:
    """Return whether the groups are thousands, or lakhs."""
    *inner, last = groups[1:]
    return bool(1 <= len(groups[0]) <= 3 and len(last) == 3 and {len(group) for group in inner} <= {2, 3})


def _taken(values: list[str], encoded: pa.DictionaryArray) -> pa.Array:
    return pa.array(values, pa.string()).take(encoded.indices)

"""Faults in the quotes of a CSV file, which Arrow's parser reads over: rows hidden in a quoted value.

The parser accepts text after the closing quote of a value, and joins any number of lines inside quotes, to the end of
the file if no quote follows. So one stray quote hides every row up to the next one.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

BLOCK_BYTES: Final = 8 << 20
LOOK_BYTES: Final = 1 << 16
"""Bytes read before or after a place that needs a closer look."""

VALUE_BYTES: Final = 8 << 20
"""Bytes of a value that are looked at; a longer one has no row of the file in it, or many."""

QUOTE, NEWLINE, RETURN = b'"\n\r'
LINE_END: Final = re.compile(rb"\r\n|\r|\n")
AFTER: Final = "text follows the closing quote of a value"
ESCAPED: Final = "a quote in a quoted value is escaped by a backslash"
OPEN: Final = "the closing quote of a value is missing"
ROWS: Final = "a quoted value contains lines that look like rows"


class QuoteFault(NamedTuple):
    """A record whose quotes are at fault: its row, and the first and last line of the value in the file."""

    row: int
    first_line: int
    last_line: int
    problem: str


class _Value(NamedTuple):
    """A quoted value: places of its quotes in the file, the line ends before each, and the row of its record."""

    opened: int
    closed: int
    first_line: int
    last_line: int
    row: int


@dataclass
class _Scan:
    """The state of a scan between blocks, and the faults found so far."""

    file: IO[bytes]
    delimiter: int
    columns: int
    inside: bool = False
    doubled: bool = False
    """True if the last quote closed a value that the next one opens again: two quotes are one in the value."""
    opened: int = 0
    lines: int = 0
    hidden: int = 0
    """Line ends inside quotes so far, which end no record."""
    open_lines: int = 0
    faults: list[QuoteFault] = field(default_factory=list)


def find_quote_faults(path: Path, delimiter: str, columns: int) -> list[QuoteFault]:
    """Find the records of a CSV file with `columns` columns that a quote joins wrongly, in order, one fault each.

    The file's encoding must write ASCII as ASCII. Memory is bounded by the block size and the number of faults.
    """
    with path.open("rb") as file:
        scan = _Scan(file, ord(delimiter), columns)
        for start, before, block, after in _blocks(file):
            _scan_block(scan, start, np.frombuffer(before + block + after, np.uint8))
        if scan.inside:
            scan.faults.append(
                QuoteFault(1 + scan.open_lines - scan.hidden, 1 + scan.open_lines, max(1, scan.lines), OPEN)
            )
    first: dict[int, QuoteFault] = {}
    for fault in scan.faults:
        first.setdefault(fault.row, fault)
    return sorted(first.values())


def _blocks(file: IO[bytes]) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    """Yield each block's place, the byte before it, the block and the byte after it; outside the file is a line end."""
    start, before, block = 0, b"\n", file.read(BLOCK_BYTES)
    if block.startswith(b"\xef\xbb\xbf"):
        start, block = 3, block[3:]
    while block:
        following = file.read(BLOCK_BYTES)
        yield start, before, block, following[:1] or b"\n"
        start, before, block = start + len(block), block[-1:], following


def _scan_block(scan: _Scan, start: int, padded: NDArray[np.uint8]) -> None:
    """Scan a block at place `start`, given with one byte before and one after it."""
    body = padded[1:-1]
    ends = start + np.flatnonzero((body == NEWLINE) | ((body == RETURN) & (padded[2:] != NEWLINE)))
    quotes = np.flatnonzero(body == QUOTE)
    if len(quotes):
        before, after = padded[quotes], padded[quotes + 2]
        opened, closed = _pairs(scan, start + quotes, before, after)
        _add_values(scan, start, body, ends, opened, closed)
    scan.lines += len(ends)


def _pairs(
    scan: _Scan, quotes: Positions, before: NDArray[np.uint8], after: NDArray[np.uint8]
) -> tuple[Positions, Positions]:
    """Return the places of the quotes that open and close values [N], and [M]; doubled quotes are neither.

    Where every quote opens a value, closes one or is doubled, the pairs are every second quote; else they are followed
    one by one, since a quote inside a value without quotes is text.
    """
    separators = (scan.delimiter, NEWLINE, RETURN)
    starts, ends = np.isin(before, separators), np.isin(after, separators)
    opener = (np.arange(len(quotes)) + scan.inside) % 2 == 0
    again = before == QUOTE
    again[0] = scan.doubled
    valid = np.where(opener, starts | again, ends | (after == QUOTE))
    if not valid.all():
        return _follow(scan, quotes, starts, ends, after == QUOTE)
    opened, closed = quotes[opener & ~again], quotes[~opener & (after != QUOTE)]
    scan.inside = bool(opener[-1])
    scan.doubled = not scan.inside and bool(after[-1] == QUOTE)
    return opened, closed


def _follow(
    scan: _Scan, quotes: Positions, starts: NDArray[np.bool_], ends: NDArray[np.bool_], twice: NDArray[np.bool_]
) -> tuple[Positions, Positions]:
    opened: list[int] = []
    closed: list[int] = []
    flags = zip(quotes.tolist(), starts.tolist(), ends.tolist(), twice.tolist(), strict=True)
    for place, starts_value, ends_value, next_is_quote in flags:
        if scan.inside:
            scan.inside = False
            scan.doubled = next_is_quote
            if not next_is_quote:
                closed.append(place if ends_value or _only_spaces(scan, place + 1) else -place)
        elif scan.doubled:
            scan.inside, scan.doubled = True, False
        elif starts_value:
            scan.inside = True
            opened.append(place)
    return np.array(opened, np.int64), np.array(closed, np.int64)


def _only_spaces(scan: _Scan, place: int) -> bool:
    text = os.pread(scan.file.fileno(), LOOK_BYTES, place)
    rest = text.lstrip(b" " if scan.delimiter == ord("\t") else b" \t")
    return not rest or rest[0] in (scan.delimiter, NEWLINE, RETURN)


def _add_values(
    scan: _Scan, start: int, body: NDArray[np.uint8], ends: Positions, opened: Positions, closed: Positions
) -> None:
    """Add the faults of the values that are closed in a block; a negative `closed` has text after its quote."""
    places = np.abs(closed)
    first = scan.lines + np.searchsorted(ends, opened)
    last = scan.lines + np.searchsorted(ends, places)
    if len(closed) > len(opened) or (len(closed) and len(opened) and places[0] < opened[0]):
        opened, first = np.insert(opened, 0, scan.opened), np.insert(first, 0, scan.open_lines)
    if len(opened) > len(closed):
        scan.opened, scan.open_lines = int(opened[-1]), int(first[-1])
        opened, first = opened[:-1], first[:-1]
    inner = last - first
    rows = 1 + first - scan.hidden - (np.cumsum(inner) - inner)
    scan.hidden += int(inner.sum())
    suspects = closed < 0
    if inner.any() and scan.columns > 1:
        suspects |= (inner > 0) & _may_be_rows(scan, start, body, ends, first - scan.lines)
    for index in np.flatnonzero(suspects).tolist():
        value = _Value(*(int(column[index]) for column in (opened, places, first, last, rows)))
        problem = _problem_after(scan, value) if closed[index] < 0 else ROWS if _has_rows(scan, value) else ""
        if problem:
            scan.faults.append(QuoteFault(value.row, 1 + value.first_line, 1 + value.last_line, problem))


def _may_be_rows(
    scan: _Scan, start: int, body: NDArray[np.uint8], ends: Positions, first: Positions
) -> NDArray[np.bool_]:
    """Return whether the first two lines of each value have the delimiters of a row, or are not both in the block."""
    delimiters = start + np.flatnonzero(body == scan.delimiter)
    known = (first > 0) & (first + 1 < len(ends))
    at = np.where(known, first, 1)
    counts = np.searchsorted(delimiters, ends) if len(ends) > 1 else np.zeros(2, np.int64)
    at = np.minimum(at, len(counts) - 1)
    line = counts[at] - counts[at - 1]
    following = counts[np.minimum(at + 1, len(counts) - 1)] - counts[at]
    rows: NDArray[np.bool_] = ~known | ((line == scan.columns - 1) & (following >= scan.columns - 1))
    return rows


def _problem_after(scan: _Scan, value: _Value) -> str:
    end = min(value.closed - value.opened, LOOK_BYTES)
    return ESCAPED if b'\\"' in os.pread(scan.file.fileno(), end + 1, value.opened) else AFTER


def _has_rows(scan: _Scan, value: _Value) -> bool:
    """Return whether each line of the value's record would be a row by itself, if quotes were text.

    Prose has a space after a comma, other numbers of delimiters, and begins with words that are not like an id.
    """
    descriptor, delimiter = scan.file.fileno(), bytes([scan.delimiter])
    before = os.pread(descriptor, min(value.opened, LOOK_BYTES), max(0, value.opened - LOOK_BYTES))
    text = os.pread(descriptor, min(value.closed - value.opened, VALUE_BYTES), value.opened)
    after = os.pread(descriptor, LOOK_BYTES, value.closed)
    lines = LINE_END.split(LINE_END.split(before)[-1] + text + LINE_END.split(after, 1)[0])
    *complete, last = lines
    wanted = scan.columns - 1
    if any(line.count(delimiter) != wanted for line in complete) or last.count(delimiter) < wanted:
        return False
    if any(delimiter + b" " in line for line in lines[1:]):
        return False
    ids = [line.split(delimiter)[0] for line in lines]
    if any(_shape(text) == _shape(ids[0]) for text in ids[1:]):
        return True
    return scan.columns > 2 and (len(lines) > 3 or not any(b" " in text for text in ids[1:]))


def _shape(text: bytes) -> bytes:
    """Reduce text to its kinds of characters: `mug-12` and `lamp-7` are both `a-0`."""
    return re.sub(rb"[A-Za-z\x80-\xff]+", b"a", re.sub(rb"[0-9]+", b"0", text))

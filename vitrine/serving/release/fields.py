"""Where the fields of a message in text format stand, so that some can be changed and all else stays as it is.

protobuf's own parser tells what a text means, but neither where nor with which comments.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_TOKEN: Final = re.compile(
    r"""\#[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[{}<>\[\]:;,]|[^\s\#"'{}<>\[\]:;,]+""", re.DOTALL
)
_CLOSING: Final = {"{": "}", "<": ">"}
_QUOTES: Final = ('"', "'")


@dataclass(frozen=True)
class Message:
    """The fields between two braces. `end` is the place of the closing one, or of the end of the text."""

    fields: tuple["Field", ...]
    end: int


@dataclass(frozen=True)
class Field:
    """A field from the first letter of its name to the end of its value and, if there is one, its separator.

    `messages` are its values, if they are messages: several where they stand in brackets.
    """

    name: str
    start: int
    end: int
    messages: tuple[Message, ...]


def parse_fields(text: str) -> Message:
    """The fields of the message in `text`, which protobuf has accepted as one."""
    return _Reader(text).message("")


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = [found for found in _TOKEN.finditer(text) if not found[0].startswith("#")]
        self._next = 0
        self._length = len(text)

    def message(self, closing: str) -> Message:
        fields: list[Field] = []
        while self._peek() != closing:
            fields.append(self._field())
        end = self._tokens[self._next].start() if closing else self._length
        self._next += 1
        return Message(tuple(fields), end)

    def _field(self) -> Field:
        first = self._take()
        if first[0] == "[":  # an extension or the type of an Any
            while self._take()[0] != "]":
                pass
        if self._peek() == ":":
            self._take()
        messages = self._value()
        if self._peek() in (",", ";"):
            self._take()
        return Field(first[0], first.start(), self._tokens[self._next - 1].end(), messages)

    def _value(self) -> tuple[Message, ...]:
        first = self._take()[0]
        if first == "[":
            return self._list()
        if first in _CLOSING:
            return (self.message(_CLOSING[first]),)
        while first[0] in _QUOTES and self._peek()[:1] in _QUOTES:
            self._take()  # strings beside each other are one
        return ()

    def _list(self) -> tuple[Message, ...]:
        messages: list[Message] = []
        while self._peek() != "]":
            messages += self._value()
            if self._peek() == ",":
                self._take()
        self._take()
        return tuple(messages)

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _take(self) -> re.Match[str]:
        self._next += 1
        return self._tokens[self._next - 1]


def replace_fields(text: str, message: Message, name: str, lines: Sequence[str]) -> str:
    """`text` with `lines` in the place of the fields of `message` that are called `name`.

    The lines stand where the first of the fields stood, or else last; on lines of their own where that is the style.
    """
    spans = [_with_line(text, field.start, field.end) for field in message.fields if field.name == name]
    if not spans:
        return _append(text, message, lines) if lines else text
    between = [text[left[1] : right[0]] for left, right in pairwise(spans)]
    others = "".join(one for one in between if one.strip())
    before, after = text[: spans[0][0]], others + text[spans[-1][1] :]
    alone = text[spans[0][1] - 1] == "\n"
    return (before if lines or alone else before.rstrip(" ")) + _laid_out(text, message, lines, alone) + after


def _append(text: str, message: Message, lines: Sequence[str]) -> str:
    start = _line_start(text, message.end)
    if start and not text[start : message.end].strip():
        return text[:start] + _laid_out(text, message, lines, True) + text[start:]
    space = "" if text[message.end - 1].isspace() else " "
    return text[: message.end] + space + _laid_out(text, message, lines, False) + " " + text[message.end :]


def _laid_out(text: str, message: Message, lines: Sequence[str], alone: bool) -> str:
    if not alone:
        return " ".join(lines)
    margins = (text[_line_start(text, field.start) : field.start] for field in message.fields)
    indent = next((margin for margin in margins if not margin.strip()), "    ")
    return "".join(f"{indent}{line}\n" for line in lines)


def _with_line(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole line, or lines, of a span that has them to itself; otherwise the span."""
    first, newline = _line_start(text, start), text.find("\n", end)
    alone = newline >= 0 and not text[first:start].strip() and not text[end:newline].strip()
    return (first, newline + 1) if alone else (start, end)


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1

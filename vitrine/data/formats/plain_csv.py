"""CSV files in forms that Arrow does not read: compressed, in other encodings, with backslashes before quotes."""

import codecs
import csv
import gzip
import re
import tempfile
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Final, Literal, cast

from vitrine.errors import DataError

BOMS: Final = {
    BOM_UTF8: "utf-8",
    BOM_UTF32_LE: "utf-32",  # before UTF-16's, which it begins with
    BOM_UTF32_BE: "utf-32",
    BOM_UTF16_LE: "utf-16",
    BOM_UTF16_BE: "utf-16",
}
"""Encodings by byte order mark."""

ENCODINGS: Final = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    *(f"cp{page}" for page in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 437, 850, 852, 866, 874)),
    *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
    *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620"),
    *("cp932", "shift_jis", "euc_jp", "iso2022_jp", "cp949", "euc_kr", "gb18030", "gbk", "big5", "cp950"),
)
"""Encodings that files can be in, by Python's names; other names of the same encodings are known, too."""

REPLACEMENT: Final = "\ufffd"
"""The character in the place of bytes that cannot be decoded."""

CHUNK: Final = 1 << 20

FIELD_CHARACTERS: Final = 8 << 20
"""Maximal characters of a value with backslashes."""

UNPRINTED: Final = {"N": "", "n": " ", "t": " ", "r": " ", "0": " "}
"""Letters that MySQL writes after a backslash for no value and for white space."""


def known_encoding(name: str) -> str:
    """Return the name in `ENCODINGS` of an encoding by any of its names, such as `windows-1252`.

    Raises:
        ValueError: it is none of them.
    """
    try:
        codec = codecs.lookup(name).name.removesuffix("-sig")  # a byte order mark is passed over anyway
    except LookupError:
        raise ValueError(name) from None
    for encoding in ENCODINGS:
        if codecs.lookup(encoding).name == codec:
            return encoding
    raise ValueError(name)


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, decompressed if its name ends in `.gz`."""
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def file_encoding(path: Path, encoding: str) -> str:
    """Return the encoding that the file's byte order mark names, or `encoding` without one.

    Raises:
        DataError: the file cannot be read, or is damaged.
    """
    with reading(path), open_bytes(path) as file:
        start = file.read(4)
    return next((named for mark, named in BOMS.items() if start.startswith(mark)), encoding)


def is_utf8(path: Path, beyond_ascii: bool = False) -> bool:
    """Return whether a file is UTF-8; with letters `beyond_ascii`, text in other encodings never is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    beyond = not beyond_ascii
    try:
        with reading(path), open_bytes(path) as file:
            while block := file.read(CHUNK):
                beyond |= not decoder.decode(block).isascii()
            decoder.decode(b"", final=True)
    except DataError:  # text in another encoding; damage is reported by the reader
        return False
    return beyond


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise DataError, in one line, where the block finds the file absent, damaged, or not in its encoding."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path}: damaged or cut off: {error}; export or download the file again") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except UnicodeError as error:  # UTF-16 that begins with no byte order mark
        raise DataError(f"{path}: {error}") from error


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIOWrapper]:
    """Open a file as text without its byte order mark; bytes that cannot be decoded become `REPLACEMENT`."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_bytes(path) as file, TextIOWrapper(file, encoding=codec, errors="replace", newline="") as text:
        yield text


@contextmanager
def plain_csv(
    path: Path, encoding: str, delimiter: str, escape: Literal["double", "backslash"], quoted: bool
) -> Iterator[Path]:
    """Yield the file itself, or a temporary copy of it in UTF-8 with doubled quotes that Arrow reads.

    Raises:
        DataError: the file is damaged, or its quotes are.
    """
    if encoding == "utf-8" and path.suffix != ".gz" and escape == "double":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        plain = Path(folder) / "plain.csv"
        with reading(path):
            if encoding == "utf-8" and escape == "double":
                with open_bytes(path) as source, plain.open("wb") as binary:
                    while block := source.read(CHUNK):
                        binary.write(block)  # as it is, so that what is not UTF-8 is found by the reader
            else:
                with open_text(path, encoding) as text, plain.open("w", encoding="utf-8", newline="") as target:
                    if escape == "backslash":
                        _double_quotes(path, text, target, delimiter, quoted)
                    else:
                        while characters := text.read(CHUNK):
                            target.write(characters)
        yield plain


def unescaped_rows(lines: Iterable[str], delimiter: str, quoted: bool) -> Iterator[list[str]]:
    """Read rows with backslashes before quotes, delimiters and line ends in values."""
    csv.field_size_limit(FIELD_CHARACTERS)
    letters = re.compile(r"\\(.)", re.DOTALL)
    read = (letters.sub(lambda escape: UNPRINTED.get(escape[1], escape[0]), line) for line in lines)
    if quoted:
        yield from csv.reader(read, delimiter=delimiter, escapechar="\\", strict=True)
    else:
        yield from csv.reader(read, delimiter=delimiter, escapechar="\\", strict=True, quoting=csv.QUOTE_NONE)


def _double_quotes(path: Path, source: Iterable[str], target: IO[str], delimiter: str, quoted: bool) -> None:
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    row = 1
    try:
        for values in unescaped_rows(source, delimiter, quoted):
            writer.writerow(values) if values else target.write("\n")
            row += 1
    except csv.Error as error:
        raise DataError(f"{path}:{row}: not readable with --escape backslash: {error}") from error

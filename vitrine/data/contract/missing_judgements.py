"""Messages for catalogues without judgements, with the ways to get some, and the recognition of click logs."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vitrine.errors import DataError

WAYS: Final = (
    "Three ways to judgements: `vitrine prepare … --judgements derived` makes queries and labels by rules from "
    "categories, brands, colours and titles; `vitrine prepare … --judgements none`, then `vitrine judge`, has a "
    "language model label them; people's own are a file with query, product_id and esci_label"
)

CLICK_WORDS: Final = frozenset(
    {
        *("click", "clicks", "clicked", "clickthrough", "clickthroughs", "ctr", "impression", "impressions", "shown"),
        *("purchase", "purchases", "purchased", "orders", "ordered", "conversion", "conversions", "bought"),
        *("cart", "carts", "addtocart", "atc", "dwell", "session", "sessions", "event", "events", "action"),
    }
)
"""Words in the names of columns that count or name what shoppers did."""

LABEL_WORDS: Final = frozenset(
    {
        *("label", "labels", "grade", "grades", "rating", "ratings", "relevance", "gain"),
        *("judgement", "judgements", "judgment", "judgments", "qrel", "qrels"),
    }
)
"""Words in the names of columns and files that hold judgements: a file with one of them is no click log."""

QUERY_WORDS: Final = frozenset({"query", "queries", "search", "searched", "keyword", "keywords"})
"""Words in the names of columns that hold queries."""

FILE_ENDINGS: Final = (".csv", ".tsv", ".txt", ".jsonl")
_SEPARATORS: Final = re.compile(r"[,;\t|]")
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def no_judgements(where: str, folder: Path) -> DataError:
    """Return the error for a dataset without judgements; `where` says what is missing.

    It names the files in the dataset's `folder` that look like judgements, and those that look like click logs.
    """
    if judged := [path.name for path in _tables(folder) if _looks_judged(path)]:
        return DataError(
            f"{where}; the folder has {', '.join(judged)}: name the one with labels with --judgements-file"
        )
    logs = [path.name for path in _tables(folder) if click_columns(_header(path))]
    verb = "looks like a click log" if len(logs) == 1 else "look like click logs"
    note = f"{' and '.join(logs)} {verb}; `vitrine learn` makes judgements from a gateway's own log. " if logs else ""
    return DataError(f"{where}; search is trained and measured with judgements. {note}{WAYS}")


def click_log(path: Path, columns: Sequence[str]) -> DataError:
    """Return the error for a click log in the place of judgements; `columns` are those that tell."""
    return DataError(
        f"{path}:1: this is a click log ({', '.join(map(repr, columns))}), not a file of judgements, which has labels "
        f"in a column esci_label; `vitrine learn` makes judgements from a gateway's own log. {WAYS}"
    )


def click_columns(header: Sequence[str]) -> list[str]:
    """Return the columns of a click log's header that hold what shoppers did, such as clicks; none of other files."""
    words = {name: _words([name]) for name in header}
    if any(LABEL_WORDS & of_name for of_name in words.values()):
        return []
    return [name for name, of_name in words.items() if CLICK_WORDS & of_name and len(header) > 1]


def _looks_judged(path: Path) -> bool:
    """Return whether a file's name or columns are those of judgements; products have ratings, too, but no query."""
    columns = _words(_header(path))
    return bool(LABEL_WORDS & _words([path.stem])) or bool(LABEL_WORDS & columns and QUERY_WORDS & columns)


def _words(names: Sequence[str]) -> set[str]:
    return {word.lower() for name in names for word in _WORDS.findall(name)}


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in FILE_ENDINGS and path.is_file())


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            return [name.strip(' "\r\n') for name in _SEPARATORS.split(lines.readline(1 << 16))]
    except OSError:
        return []

"""Reading of an event log into impressions; the log is read block by block, and kept as numbers.

Memory is that of one block, of the distinct users, queries and products, and of about 50 bytes an impression; four
times that while they are joined.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.compute as pc

from vitrine.clicks.codes import Codes, Hashes, hashes
from vitrine.clicks.impressions import Impressions, Ints, Mask
from vitrine.data.contract.splits import normalise
from vitrine.errors import DataError
from vitrine.events.reading import Skipped, read_events
from vitrine.events.shown import shown_products

SEARCH: Final = ("request_id", "user", "time", "kind", "query", "junk", "forced", "offset", "product_ids")
FEEDBACK: Final = ("request_id", "product_id", "kind")
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that the contract's files do not hold."""


@dataclass(frozen=True)
class ClickLog:
    """The searches of a log, joined with their feedback by request id.

    Attributes:
        impressions: of all S searches.
        users: the ids, by number.
        repeated: bool [S], whether the request's id was in the log before.
        other_kind: bool [S], whether an image was searched for.
        junk: bool [S], whether the query had no words.
        forced: bool [S], whether the request named an arm of an experiment.
        strays: the number of feedback events on products that their search had not shown, or without a search.
        repeated_feedback: the number of feedback events that say again what an earlier one of the same search said.
        damaged_lines: the number of lines that are not events.
    """

    impressions: Impressions
    users: list[str]
    repeated: Mask
    other_kind: Mask
    junk: Mask
    forced: Mask
    strays: int
    repeated_feedback: int
    damaged_lines: int


def read_log(directory: Path, since: float | None = None, until: float | None = None) -> ClickLog:
    """Read the searches of a time, with their clicks and purchases.

    Args:
        directory: The directory of an event log.
        since: Excludes searches before this time, in seconds since 1970.
        until: Excludes searches from this time on; their feedback may come later.

    Raises:
        DataError: The directory does not exist, or has no search of that time.
    """
    skipped, users, products, texts = Skipped(), Codes(), Codes(), Codes()
    feedback = _Columns()
    for table in read_events(directory, "feedback", FEEDBACK, since):
        feedback.add(
            request=hashes(table["request_id"]),
            product=products.number(table["product_id"]),
            bought=np.asarray(pc.fill_null(pc.equal(table["kind"], "purchase"), False)),
        )
    searches, shown = _Columns(), _Columns()
    count = 0
    for table in read_events(directory, "search", SEARCH, since, until, skipped):
        searches.add(
            request=hashes(table["request_id"]),
            user=users.number(table["user"]),
            time=table["time"].to_numpy().astype(np.float64),
            text=texts.number(table["query"]),
            other_kind=np.asarray(pc.fill_null(pc.not_equal(table["kind"], "text"), False)),
            junk=np.asarray(pc.fill_null(table["junk"], False)),
            forced=np.asarray(pc.fill_null(table["forced"], False)),
        )
        lists = shown_products(table.select(["product_ids"]))
        row, offset = lists["row"].to_numpy(), pc.fill_null(table["offset"], 0).to_numpy()
        shown.add(
            search=row + count,
            product=products.number(lists["product_id"]),
            position=lists["position"].to_numpy() - 1 + offset[row],
        )
        count += len(table)
    if not count:
        raise DataError(f"{directory}: no searches there in that time")
    return _joined(searches, shown, feedback, users.names, products.names, texts.names, skipped.lines)


class _Columns:
    """Named columns that grow by blocks."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[np.ndarray]] = {}

    def add(self, **columns: np.ndarray) -> None:
        for name, column in columns.items():
            self._blocks.setdefault(name, []).append(column)

    def take(self, name: str, kind: type[np.generic] = np.int64) -> np.ndarray:
        """Return a whole column, and forget it."""
        return np.concatenate([np.empty(0, kind), *self._blocks.pop(name, [])]).astype(kind)


def _joined(
    searches: _Columns,
    shown: _Columns,
    feedback: _Columns,
    users: list[str],
    products: list[str],
    texts: list[str],
    damaged: int,
) -> ClickLog:
    request: Hashes = searches.take("request", np.uint64)
    distinct, first = np.unique(request, return_index=True)
    repeated = np.ones(len(request), bool)
    repeated[first] = False
    search, product = shown.take("search"), shown.take("product")
    key = search * len(products) + product
    _, once = np.unique(key, return_index=True)  # a product that a list shows twice counts at its first place
    order = np.sort(once)
    search, product, key = search[order], product[order], key[order]
    said, bought, orphans = _feedback_keys(feedback, distinct, first, len(products))
    is_shown = np.isin(said, key)
    known, purchased = said[is_shown], said[is_shown & bought]
    distinct_feedback = len(np.unique(known * 2 + bought[is_shown]))
    queries, spellings, numbers = _normalised(texts)
    text, user = searches.take("text"), searches.take("user")
    impressions = Impressions(
        search=search,
        query=numbers[text][search],
        product=product,
        position=shown.take("position")[order],
        clicked=np.isin(key, known),
        bought=np.isin(key, purchased),
        user=np.where(np.asarray([bool(name) for name in users])[user], user, -1),
        time=searches.take("time", np.float64),
        queries=queries,
        spellings=spellings,
        products=products,
    )
    empty = np.asarray([not query for query in queries])
    return ClickLog(
        impressions=impressions,
        users=users,
        repeated=repeated,
        other_kind=searches.take("other_kind", np.bool_),
        junk=searches.take("junk", np.bool_) | empty[numbers[text]],
        forced=searches.take("forced", np.bool_),
        strays=orphans + int((~is_shown).sum()),
        repeated_feedback=len(known) - distinct_feedback,
        damaged_lines=damaged,
    )


def _feedback_keys(feedback: _Columns, requests: Hashes, rows: Ints, products: int) -> tuple[Ints, Mask, int]:
    """Return the key of search and product of each feedback event with a search, if it is of a purchase; the others."""
    request, product, bought = (
        feedback.take(name, kind)
        for name, kind in (("request", np.uint64), ("product", np.int64), ("bought", np.bool_))
    )
    place = np.minimum(np.searchsorted(requests, request), len(requests) - 1)
    found = requests[place] == request
    return rows[place[found]] * products + product[found], bought[found], int((~found).sum())


def _normalised(texts: list[str]) -> tuple[list[str], list[str], Ints]:
    """Return the distinct normalised texts, the first spelling of each, and the number of each text, int64 [T]."""
    codes, spellings = Codes(), list[str]()
    numbers = np.empty(len(texts), np.int64)
    for row, text in enumerate(texts):
        before = len(codes)
        printable = " ".join(_CONTROLS.sub(" ", text).split())
        numbers[row] = codes.number_all([normalise(printable)])[0]
        if len(codes) > before:
            spellings.append(printable)
    return codes.names, spellings, numbers

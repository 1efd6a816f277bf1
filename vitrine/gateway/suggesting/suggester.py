"""The suggestions of each catalogue: indexed in a thread whenever its version or the event log has changed."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.errors import DataError
from vitrine.events.files import event_files
from vitrine.files.status import FileStatus, file_status
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.merchandising.rule_book import RuleBook
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.search.merchandising import hidden_rows
from vitrine.gateway.settings import SuggestionSettings
from vitrine.gateway.suggesting.phrases import KINDS, NO_ROW, Phrases, indexed_phrases
from vitrine.gateway.suggesting.schemas import Suggestion
from vitrine.gateway.suggesting.searched import successful_queries

DAY: Final = 86_400.0
REST: Final = 20.0
"""Seconds between two indexings for each second that the last one took: they cost a twentieth of a core at most."""
_NOTHING_SEARCHED: Final = pa.table(
    {"catalogue": pa.array([], pa.string()), "query": pa.array([], pa.string()), "rewrite": pa.array([], pa.string()),
     "users": pa.array([], pa.int64())}
)  # fmt: skip
_log = logging.getLogger(__name__)


class _State(NamedTuple):
    """The sources of suggestions: the digests of an index and of its hidden products, and the files of the log."""

    digest: str
    hidden: str
    log: tuple[FileStatus, ...]


class _Indexed(NamedTuple):
    """The phrases of a catalogue, what they were made of, and the time from which they may be indexed again."""

    phrases: Phrases
    state: _State
    again: float


class Suggester:
    """Suggestions for catalogues. A catalogue has none until it is indexed for the first time."""

    def __init__(self, settings: SuggestionSettings, directory: Path | None) -> None:
        """Take the settings, and the directory of the event log, if there is one."""
        self._settings = settings
        self._directory = directory
        self._indexed: dict[str, _Indexed] = {}
        self._indexing: asyncio.Task[None] | None = None
        self._closing = threading.Event()

    def follow(self, catalogues: Iterable[Catalogue]) -> None:
        """Index the catalogues again that have changed, beside requests; return at once."""
        if self._indexing is None or self._indexing.done():
            ready = {catalogue.name: catalogue.current for catalogue in catalogues if catalogue.is_ready}
            self._indexing = asyncio.create_task(self._index(ready))

    async def close(self) -> None:
        """End the indexing in progress, which takes a moment."""
        self._closing.set()
        if self._indexing:
            await self._indexing

    def suggest(
        self, catalogue: str, version: CatalogueVersion, typed: str, limit: int, rules: RuleBook
    ) -> Sequence[Suggestion]:
        """Return the suggestions of a catalogue for the beginning of a query, the best first.

        Args:
            catalogue: The catalogue's name.
            version: The version that is served, whose products are suggested if they can be found.
            typed: The beginning of a query.
            limit: The largest number of suggestions.
            rules: The rules of merchandising; what they hide for the words typed is not suggested.
        """
        indexed = self._indexed.get(catalogue)
        if indexed is None:
            return []
        phrases = indexed.phrases
        products, is_same = version.products, indexed.state.digest == version.digest
        hiding = rules.applying(catalogue, version.matcher, [typed], [], datetime.now(UTC)) if rules.rules else ()
        hidden = hidden_rows(products, hiding)

        def passes(phrase: int) -> bool:
            row = int(phrases.rows[phrase])
            if row == NO_ROW:
                return True
            return is_same and products.is_visible(row) and (hidden is None or not hidden[row])

        found = phrases.index.complete(typed, limit, passes)
        return [self._suggestion(catalogue, version, phrases, phrase) for phrase in found]

    @staticmethod
    def _suggestion(catalogue: str, version: CatalogueVersion, phrases: Phrases, phrase: int) -> Suggestion:
        row = int(phrases.rows[phrase])
        product_id = None if row == NO_ROW else version.products.id_at(row)
        return Suggestion(
            text=phrases.texts[phrase].as_py(), kind=KINDS[phrases.kinds[phrase]], catalogue=catalogue,
            product_id=product_id,
        )  # fmt: skip

    async def _index(self, versions: Mapping[str, CatalogueVersion]) -> None:
        try:
            await asyncio.to_thread(self._index_changed, versions)
        except (DataError, OSError, pa.ArrowException) as error:
            _log.warning("suggestions stay as they are: %s", error)

    def _index_changed(self, versions: Mapping[str, CatalogueVersion]) -> None:
        log = self._log_state()
        states = {name: _state(version, log) for name, version in versions.items()}
        changed = {name: version for name, version in versions.items() if self._is_due(name, states[name])}
        if not changed:
            return
        started = time.monotonic()
        searched = self._searched()
        for name, version in changed.items():
            if self._closing.is_set():
                return
            phrases = indexed_phrases(version.products, version.terms, _of_catalogue(searched, name))
            seconds = time.monotonic() - started
            again = time.monotonic() + max(self._settings.seconds, REST * seconds)
            self._indexed[name] = _Indexed(phrases, states[name], again)
            _log.info("catalogue %s has suggestions of %d phrases, after %.1f s", name, len(phrases.texts), seconds)

    def _is_due(self, name: str, state: _State) -> bool:
        indexed = self._indexed.get(name)
        if indexed is None or indexed.state.digest != state.digest:
            return True
        return indexed.state != state and time.monotonic() >= indexed.again

    def _log_state(self) -> tuple[FileStatus, ...]:
        if self._directory is None or not self._directory.is_dir():
            return ()
        return tuple(map(file_status, event_files(self._directory)))

    def _searched(self) -> pa.Table:
        if self._directory is None or not self._directory.is_dir():
            return _NOTHING_SEARCHED
        since = time.time() - self._settings.days * DAY
        return successful_queries(self._directory, since, self._settings.min_users, self._closing.is_set)


def _state(version: CatalogueVersion, log: tuple[FileStatus, ...]) -> _State:
    return _State(version.digest, version.products.offers_digest(Filters()), log)


def _of_catalogue(searched: pa.Table, name: str) -> pa.Table:
    """Return the queries of searches of a catalogue, alone or among others."""
    names = pc.split_pattern(pc.fill_null(searched["catalogue"], ""), ",").to_pylist()
    return searched.filter(pa.array([name in each for each in names], pa.bool_()))


def by_turns(lists: Sequence[Sequence[Suggestion]], limit: int) -> list[Suggestion]:
    """Return the first of each list, then the second of each, and so on; a text is suggested once, and each product."""
    chosen: dict[tuple[str, str | None], Suggestion] = {}
    for row in zip_longest(*lists):
        for suggestion in row:
            if suggestion is not None:
                chosen.setdefault((suggestion.text.casefold(), suggestion.product_id), suggestion)
    return list(chosen.values())[:limit]

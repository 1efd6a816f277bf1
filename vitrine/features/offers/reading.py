"""The offers as a server has them in memory: read from the online store, and followed.

The state is exact as of one committed update, also while another process writes: rows of updates that the online store
may have in part are taken from the log, and so are shown at once. It serves as well where the online store fails, or
where Feast is not installed. Feast is imported only if there are offers.
"""

import logging
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import HIDDEN, PRODUCT_ID
from vitrine.errors import VitrineError
from vitrine.features import views
from vitrine.features.offers.attributes import DECLARED
from vitrine.features.offers.log import APPLIED, OfferLog, newest
from vitrine.features.store import FeatureStoreError

_EMPTY: Final = pa.schema([(PRODUCT_ID, pa.string())]).empty_table()

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offers:
    """The offers as of an update: one row per product, with its id and a column for each attribute."""

    sequence: int = 0
    rows: pa.Table = field(default_factory=lambda: _EMPTY)


class OfferReader:
    """A reader that follows the offers in a directory. `refresh` is for one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self.current = Offers()
        self.problem: str | None = None
        self._directory = directory
        self._log = OfferLog(directory)
        self._read_to = 0
        self._seen: object = None

    def refresh(self) -> bool:
        """Read what has changed since the last call; return whether `current` is another one now.

        A failure is reported by `problem`. Without the online store, the offers are those of the log; without both,
        `current` stays.
        """
        try:
            seen = self._state()
            if seen is None or (seen == self._seen and self.problem is None):
                return False
            offers, read_to = self._read()
        except FileNotFoundError:  # the log was compacted meanwhile; the next call reads it
            return False
        except (VitrineError, OSError, ValueError, KeyError, pa.ArrowException) as error:
            self._report(f"{self._directory}: the offers cannot be read: {error}")
            return False
        self._seen, self._read_to = seen, read_to
        is_changed = offers.sequence != self.current.sequence or not offers.rows.equals(self.current.rows)
        if is_changed:
            self.current = offers
        return is_changed

    def _state(self) -> object | None:
        """Return what differs after every change, or None if there are no offers."""
        if not (self._directory / APPLIED).exists() and not self._log.last():
            return None
        declared = self._directory / DECLARED
        return self._log.applied(), self._log.last(), declared.stat().st_mtime_ns if declared.exists() else 0

    def _read(self) -> tuple[Offers, int]:
        """Return the present offers, and the number of the update up to which the online store was read."""
        applied = self._log.applied()
        ids = self._log.newest_rows(self._read_to, applied)[1][PRODUCT_ID].to_pylist()
        try:
            online = self._read_online(ids) if ids else _EMPTY
            self._report(None)
        except ImportError:  # the gateway's image is without Feast; the log has all rows
            online, applied = _EMPTY, self._read_to
            self._report(None)
        except (VitrineError, sqlite3.Error) as error:
            online, applied = _EMPTY, self._read_to
            self._report(f"offers are read from their log: {error}")
        # After reading: a row that was pushed meanwhile was committed before.
        sequence, recent = self._log.newest_rows(applied)
        return Offers(sequence, _merged(self.current.rows, online, recent)), applied

    def _read_online(self, ids: list[str]) -> pa.Table:
        from vitrine.features.offers.online import open_offers

        with open_offers(self._directory) as offers:
            rows = offers.read(ids)
        lacking = rows.filter(pc.is_null(rows[HIDDEN]))[PRODUCT_ID]
        if len(lacking):
            raise FeatureStoreError(
                f"{self._directory}: the online store lacks {len(lacking):,} products, such as {lacking[0]}; "
                "`vitrine catalogue restore` writes them again"
            )
        return rows

    def _report(self, problem: str | None) -> None:
        if problem != self.problem and problem:
            _log.warning("%s", problem)
        self.problem = problem


def _merged(*parts: pa.Table) -> pa.Table:
    """Return the rows of all parts; a later part's row replaces those of its product in earlier parts."""
    tables = [part.drop_columns(views.EVENT_TIME) if views.EVENT_TIME in part.column_names else part for part in parts]
    return newest(pa.concat_tables(tables, promote_options="default"))

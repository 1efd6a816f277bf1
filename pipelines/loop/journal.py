"""The journal of the loop: its cycles and every decision, in a SQLite file. A change is in it whole or not at all."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from pydantic import JsonValue

from pipelines.kinds import Kind
from vitrine.errors import DataError

State = Literal[
    "retraining", "comparing", "releasing", "on trial", "awaiting approval", "promoting", "rolling back",
    "promoted", "pushed", "unchanged", "refused", "rolled back", "failed",
]  # fmt: skip
"""The state of a cycle. From "promoted" on, it is over."""
OVER: Final[frozenset[State]] = frozenset(("promoted", "pushed", "unchanged", "refused", "rolled back", "failed"))

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS cycles (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, began REAL NOT NULL, entered REAL NOT NULL,
    version INTEGER, seen TEXT NOT NULL, reasons TEXT NOT NULL, run_id TEXT
);
CREATE TABLE IF NOT EXISTS decisions (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, cycle INTEGER REFERENCES cycles, decision TEXT NOT NULL,
    reason TEXT NOT NULL, figures TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, request TEXT NOT NULL, reason TEXT NOT NULL
);
"""

_DECISIONS: Final = "SELECT decisions.*, run_id FROM decisions LEFT JOIN cycles ON cycles.id = decisions.cycle"

Request = Literal["cycle", "approve", "reject"]
Figures = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Seen:
    """The spans that a cycle has read, as `vitrine.data.contract.spans.span_names` names them."""

    judgements: tuple[str, ...] = ()
    catalogue: tuple[str, ...] = ()

    def since(self, earlier: "Seen") -> str:
        """Name the spans that `earlier` has not, in words; "" if there are none."""
        new = {
            "judgements": [name for name in self.judgements if name not in earlier.judgements],
            "catalogue": [name for name in self.catalogue if name not in earlier.catalogue],
        }
        return " and ".join(f"{folder} of span {', '.join(names)}" for folder, names in new.items() if names)


@dataclass(frozen=True)
class Cycle:
    """A cycle, which `began` and `entered` its state at these times, in seconds since 1970.

    `run_id` is the id of its pipeline's run in ML Metadata, known once that has ended.
    """

    id: int
    kind: Kind
    state: State
    began: float
    entered: float
    version: int | None
    seen: Seen
    reasons: tuple[str, ...]
    run_id: str | None = None

    @property
    def is_over(self) -> bool:
        """True in a final state."""
        return self.state in OVER


@dataclass(frozen=True)
class Decision:
    """A decision, of a cycle or of none, with its reason and the figures it was made from.

    `run_id` is that of the cycle's run.
    """

    time: float
    cycle: int | None
    decision: str
    reason: str
    figures: Figures = field(default_factory=dict)
    run_id: str | None = None


class Journal:
    """The journal in the file `path`, which is made if it does not exist."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open the journal.

        Raises:
            DataError: The file cannot be opened, or is no journal.
        """
        self.path = path
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.executescript(_SCHEMA)
            if "run_id" not in {column["name"] for column in connection.execute("PRAGMA table_info(cycles)")}:
                connection.execute("ALTER TABLE cycles ADD COLUMN run_id TEXT")  # a journal of an earlier version

    def latest(self) -> Cycle | None:
        """Return the newest cycle."""
        cycles = self.cycles(1)
        return cycles[0] if cycles else None

    def last_good(self) -> Cycle | None:
        """Return the newest cycle whose model is served, or was."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT * FROM cycles WHERE state IN ('promoted', 'pushed', 'unchanged') ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return _cycle(row) if row else None

    def cycles(self, limit: int) -> list[Cycle]:
        """Return the newest cycles, the newest first."""
        with self._connection() as connection:
            rows = connection.execute("SELECT * FROM cycles ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
        return [_cycle(row) for row in rows]

    def decisions(self, limit: int) -> list[Decision]:
        """Return the newest decisions, the newest first."""
        with self._connection() as connection:
            rows = connection.execute(f"{_DECISIONS} ORDER BY decisions.id DESC LIMIT ?", (limit,)).fetchall()
        return [_decision(row) for row in rows]

    def last(self, decision: str) -> Decision | None:
        """Return the newest decision of this kind."""
        with self._connection() as connection:
            row = connection.execute(
                f"{_DECISIONS} WHERE decision = ? ORDER BY decisions.id DESC LIMIT 1", (decision,)
            ).fetchone()
        return _decision(row) if row else None

    def begin(self, kind: Kind, seen: Seen, reasons: Sequence[str], figures: Figures) -> Cycle:
        """Begin a cycle, which fulfils the waiting requests for one."""
        now = self._clock()
        with self._connection() as connection:
            cursor = connection.execute(
                "INSERT INTO cycles (kind, state, began, entered, seen, reasons) VALUES (?, 'retraining', ?, ?, ?, ?)",
                (kind, now, now, json.dumps(asdict(seen)), json.dumps(list(reasons))),
            )
            connection.execute("DELETE FROM requests WHERE request = 'cycle'")
            _decide(connection, now, cursor.lastrowid, "begin", "; ".join(reasons), figures)
            row = connection.execute("SELECT * FROM cycles WHERE id = ?", (cursor.lastrowid,)).fetchone()
        return _cycle(row)

    def move(
        self,
        cycle: Cycle,
        state: State,
        reason: str,
        figures: Figures | None = None,
        version: int | None = None,
        run_id: str | None = None,
    ) -> Cycle:
        """Move a cycle to another state, with the `reason`; `version` is the one that its run `run_id` has made.

        Raises:
            DataError: Another process has moved it meanwhile.
        """
        now = self._clock()
        with self._connection() as connection:
            moved = connection.execute(
                "UPDATE cycles SET state = ?, entered = ?, version = coalesce(?, version), run_id = coalesce(?, run_id)"
                " WHERE id = ? AND state = ?",
                (state, now, version, run_id, cycle.id, cycle.state),
            ).rowcount
            if not moved:
                raise DataError(f"{self.path}: cycle {cycle.id} is not {cycle.state} any more; another loop moves it")
            if state in OVER:
                connection.execute("DELETE FROM requests WHERE request != 'cycle'")
            _decide(connection, now, cycle.id, state, reason, figures or {})
            row = connection.execute("SELECT * FROM cycles WHERE id = ?", (cycle.id,)).fetchone()
        return _cycle(row)

    def decide(self, decision: str, reason: str, figures: Figures | None = None, cycle: Cycle | None = None) -> None:
        """Record a decision that changes no state, such as to wait."""
        with self._connection() as connection:
            _decide(connection, self._clock(), cycle.id if cycle else None, decision, reason, figures or {})

    def request(self, request: Request, reason: str) -> None:
        """Leave a request for the next pass of the loop."""
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO requests (time, request, reason) VALUES (?, ?, ?)", (self._clock(), request, reason)
            )

    def requested(self, request: Request) -> str | None:
        """Return the reason of the oldest request that waits, if there is one."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT reason FROM requests WHERE request = ? ORDER BY id LIMIT 1", (request,)
            ).fetchone()
        return row["reason"] if row else None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection, whose changes are kept if the block succeeds."""
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.Error as error:
            raise DataError(f"{self.path}: {error}; is it the loop's journal?") from None


def _decide(
    connection: sqlite3.Connection, now: float, cycle: int | None, decision: str, reason: str, figures: Figures
) -> None:
    connection.execute(
        "INSERT INTO decisions (time, cycle, decision, reason, figures) VALUES (?, ?, ?, ?, ?)",
        (now, cycle, decision, reason, json.dumps(dict(figures))),
    )


def _decision(row: sqlite3.Row) -> Decision:
    figures = json.loads(row["figures"])
    return Decision(row["time"], row["cycle"], row["decision"], row["reason"], figures, row["run_id"])


def _cycle(row: sqlite3.Row) -> Cycle:
    seen = json.loads(row["seen"])
    state: State = row["state"]
    if state not in get_args(State):
        raise DataError(f"cycle {row['id']} has the state {state!r}, which a newer version of Vitrine has written")
    return Cycle(
        id=row["id"],
        kind=row["kind"],
        state=state,
        began=row["began"],
        entered=row["entered"],
        version=row["version"],
        seen=Seen(tuple(seen["judgements"]), tuple(seen["catalogue"])),
        reasons=tuple(json.loads(row["reasons"])),
        run_id=row["run_id"],
    )

"""Reading of events as Arrow tables, a few megabytes at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from vitrine.errors import DataError
from vitrine.events.files import event_files, file_day

BLOCK: Final = 8 * 2**20
STRINGS: Final = pa.list_(pa.string())
SCHEMA: Final = pa.schema(
    {
        "event": pa.string(), "time": pa.float64(), "request_id": pa.string(), "user": pa.string(),
        "catalogue": pa.string(), "version": pa.int64(), "kind": pa.string(), "query": pa.string(),
        "rewrite": pa.string(), "route": pa.string(), "experiment": pa.string(), "arm": pa.string(),
        "failed_arm": pa.string(), "teams": STRINGS, "latency_ms": pa.float64(), "cached": pa.bool_(),
        "total": pa.int64(), "junk": pa.bool_(), "product_ids": STRINGS, "scores": pa.list_(pa.float64()),
        "product_id": pa.string(), "position": pa.int64(),
        "offset": pa.int64(), "filtered": pa.bool_(), "forced": pa.bool_(), "rules": STRINGS,
    }
)  # fmt: skip
"""The fields of both types of events; the fields that a type does not have are null."""


@dataclass
class Skipped:
    """The number of lines that are not events: incomplete, because a process was killed, or damaged."""

    lines: int = 0


def read_events(
    directory: Path,
    event: Literal["search", "feedback"],
    columns: Sequence[str] | None = None,
    since: float | None = None,
    until: float | None = None,
    skipped: Skipped | None = None,
) -> Iterator[pa.Table]:
    """Yield the events of one type, one table per block of a file; memory does not grow with the directory.

    Args:
        directory: The directory of an `EventLog`, which may still be writing.
        event: The type of event.
        columns: Columns of `SCHEMA`; by default all.
        since: Excludes events before this time, in seconds since 1970. Files of earlier days are not opened.
        until: Excludes events from this time on.
        skipped: Counts the lines that were skipped.

    Raises:
        DataError: The directory does not exist.
    """
    if not directory.is_dir():
        raise DataError(f"{directory}: no such directory of events")
    names = list(columns or SCHEMA.names)
    schema = pa.schema([SCHEMA.field(name) for name in {*names, "event", "time"}])
    first_day = "" if since is None else datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%d")
    for path in event_files(directory):
        if file_day(path) < first_day:
            continue
        for block in _blocks(path, skipped or Skipped()):
            table = _parse(block, schema, skipped or Skipped())
            selected = pc.equal(table["event"], event)
            if since is not None:
                selected = pc.and_(selected, pc.greater_equal(table["time"], since))
            if until is not None:
                selected = pc.and_(selected, pc.less(table["time"], until))
            table = table.filter(selected).select(names)
            if len(table):
                yield table


def _blocks(path: Path, skipped: Skipped) -> Iterator[bytes]:
    """Yield whole lines, some megabytes at a time, and count an incomplete last line."""
    rest = b""
    try:
        file = path.open("rb")
    except FileNotFoundError:  # the writer has removed an old file
        return
    with file:
        while data := file.read(BLOCK):
            lines, end, rest = (rest + data).rpartition(b"\n")
            if end:
                yield lines + end
    skipped.lines += bool(rest)


def _parse(block: bytes, schema: pa.Schema, skipped: Skipped) -> pa.Table:
    try:
        return _arrow(block, schema)
    except pa.ArrowInvalid:
        lines = block.split(b"\n")[:-1]
        good = [line for line in lines if _is_event(line, schema)]
        skipped.lines += len(lines) - len(good)
        return _arrow(b"\n".join([*good, b""]), schema) if good else schema.empty_table()


def _arrow(block: bytes, schema: pa.Schema) -> pa.Table:
    options = pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    # Everything in one block: Arrow fails on an event that is longer than two of its blocks.
    read_options = pa.json.ReadOptions(use_threads=False, block_size=len(block) + 1)
    return pa.json.read_json(pa.BufferReader(block), read_options=read_options, parse_options=options)


def _is_event(line: bytes, schema: pa.Schema) -> bool:
    try:
        orjson.loads(line)
        _arrow(line + b"\n", schema)
    except (ValueError, pa.ArrowInvalid):
        return False
    return True

"""The searches of an experiment, with their clicks and purchases, as arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.errors import DataError
from vitrine.events.reading import SCHEMA, Skipped, read_events
from vitrine.events.shown import shown_products

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEARCH_COLUMNS: Final = ("request_id", "user", "arm", "latency_ms", "cached", "total", "junk")
LIST_COLUMNS: Final = ("request_id", "product_ids", "teams", "offset")
FEEDBACK_COLUMNS: Final = ("request_id", "product_id", "kind", "time", "position")
_FEEDBACK: Final = pa.schema(
    [
        ("row", pa.int64()),
        ("product_id", pa.string()),
        ("kind", pa.string()),
        ("time", pa.float64()),
        ("number", pa.int64()),
        ("sent", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Sample:
    """The searches of one experiment.

    Attributes:
        experiment: The experiment's name.
        arms: The names of the arms.
        arm: int64 [S], an index into `arms`.
        user: int64 [S], a number for each user; -1 for users without an id.
        interleaved: bool [S], whether the results had teams.
        latency_ms: float64 [S].
        uncached: bool [S], whether nothing of the answer came from the gateway's cache; False where it is unknown.
        measures: float64 [S] each: distinct products that were clicked (`clicks`) or bought (`purchases`), one over
            the position of the first click or 0 (`reciprocal_rank`), and 1 for `zero_results` and `junk`.
        team_clicks: int64 [S] by team: distinct products of that team that were clicked.
        repeated: The number of searches that were in the log more than once.
        strays: The number of feedback events on products that their search had not shown; they are not counted.
        skipped_lines: The number of incomplete or damaged lines of the log.
    """

    experiment: str
    arms: list[str]
    arm: Ints
    user: Ints
    interleaved: npt.NDArray[np.bool_]
    latency_ms: Floats
    uncached: npt.NDArray[np.bool_]
    measures: dict[str, Floats]
    team_clicks: dict[str, Ints]
    repeated: int
    strays: int
    skipped_lines: int


def read_sample(
    directory: Path, experiment: str | None = None, since: float | None = None, until: float | None = None
) -> Sample:
    """Read an experiment's searches from a directory of events, and join their feedback by request.

    The products that were shown are kept in memory only for searches with feedback; of other searches, the id and a
    few numbers are.

    Args:
        directory: The directory of an event log.
        experiment: The experiment's name; optional if there is only one.
        since: Excludes searches before this time, in seconds since 1970.
        until: Excludes searches from this time on; their feedback may come later.

    Raises:
        DataError: The directory or the experiment does not exist, or has no search.
    """
    skipped = Skipped()
    feedback = _frame(
        read_events(directory, "feedback", FEEDBACK_COLUMNS, since, skipped=skipped), FEEDBACK_COLUMNS
    ).rename(columns={"position": "sent"})
    with_feedback = pd.Index(feedback["request_id"].unique())
    names: set[str] = set()
    teams: set[str] = set()
    tables: list[pa.Table] = []
    lists: list[pa.Table] = []
    columns = ["experiment", "forced", *{*SEARCH_COLUMNS, *LIST_COLUMNS}]
    for table in read_events(directory, "search", columns, since, until):
        names.update(pc.unique(table["experiment"]).to_pylist())
        selected = pc.equal(table["experiment"], experiment) if experiment else pc.not_equal(table["experiment"], "")
        # A search whose arm the request named, as a comparison side by side does, is in no sample of users.
        table = table.filter(pc.and_not(selected, pc.fill_null(table["forced"], False)))
        teams.update(pc.unique(pc.list_flatten(table["teams"])).to_pylist())
        interleaved = pc.greater(pc.fill_null(pc.list_value_length(table["teams"]), 0), 0)
        tables.append(table.select(SEARCH_COLUMNS).append_column("interleaved", interleaved))
        has_feedback = with_feedback.get_indexer(table["request_id"].to_pandas()) >= 0
        lists.append(table.select(LIST_COLUMNS).filter(pa.array(has_feedback)))
    name = _experiment_name(experiment, names, directory)
    searches = pa.concat_tables(tables).to_pandas()
    count = len(searches)
    searches = searches.drop_duplicates("request_id", ignore_index=True)
    row = pd.Index(searches["request_id"]).get_indexer(feedback["request_id"])
    reacted = feedback.assign(row=row, number=np.arange(len(feedback)))[row >= 0]
    shown = _shown(pa.concat_tables(lists), pd.Index(searches["request_id"]))
    joined = _joined(reacted, shown)
    arms, users = pd.factorize(searches["arm"].fillna(""), sort=True), searches["user"]
    return Sample(
        experiment=name,
        arms=[str(arm) for arm in arms[1]],
        arm=arms[0].astype(np.int64),
        user=pd.factorize(users.where(users != "", None))[0].astype(np.int64),
        interleaved=searches["interleaved"].to_numpy(bool),
        latency_ms=searches["latency_ms"].to_numpy(np.float64),
        uncached=(searches["cached"] == False).to_numpy(bool),  # noqa: E712  # None is neither
        measures=_measures(searches, joined),
        team_clicks=_team_clicks(joined, teams, len(searches)),
        repeated=count - len(searches),
        strays=len(reacted) - len(joined),
        skipped_lines=skipped.lines,
    )


def _frame(tables: Iterable[pa.Table], columns: Sequence[str]) -> pd.DataFrame:
    empty = pa.schema([SCHEMA.field(column) for column in columns]).empty_table()
    frame: pd.DataFrame = pa.concat_tables([empty, *tables]).to_pandas()
    return frame


def _experiment_name(experiment: str | None, names: set[str], directory: Path) -> str:
    known = sorted(name for name in names if name)
    if not names:
        raise DataError(f"{directory}: no searches there in that time")
    if not known:
        raise DataError(f"{directory}: no search there was part of an experiment in that time")
    if experiment is None and len(known) == 1:
        return known[0]
    if experiment is None:
        raise DataError(f"{directory}: say with --experiment which one is meant: {', '.join(known)}")
    if experiment not in known:
        raise DataError(f"{directory}: no experiment {experiment!r} there, but {', '.join(known)}")
    return experiment


def _shown(lists: pa.Table, requests: pd.Index) -> pa.Table:
    """Return the products shown (see `shown_products`) with the `row` of their request; repeated ones count once."""
    rows = requests.get_indexer(lists["request_id"].to_pandas())
    first = ~pd.Series(rows).duplicated().to_numpy()
    lists = lists.filter(pa.array(first))
    shown = shown_products(lists)
    number = shown["row"].to_numpy()
    has_offset = pc.is_valid(lists["offset"]).to_numpy()[number]
    shown = shown.append_column("has_offset", pa.array(has_offset))
    return shown.set_column(0, "row", pa.array(rows[first].astype(np.int64)[number]))


def _joined(reacted: pd.DataFrame, shown: pa.Table) -> pd.DataFrame:
    """Return the feedback with the position and team of its product, by time, without products that were not shown.

    A log of before offsets were logged has the position over all pages in the feedback alone.
    """
    columns = ["row", "product_id", "kind", "time", "number", "sent"]
    feedback = pa.table({column: reacted[column].to_numpy() for column in columns}, schema=_FEEDBACK)
    # Arrow builds its hash table from the right side of a join.
    joined: pd.DataFrame = shown.join(feedback, ["row", "product_id"], join_type="inner").to_pandas()
    is_sent = ~joined["has_offset"] & (joined["sent"] > joined["position"])
    joined["position"] = joined["position"].mask(is_sent, joined["sent"]).astype(np.int64)
    return joined.sort_values(["time", "position", "number"]).drop_duplicates("number")


def _measures(searches: pd.DataFrame, joined: pd.DataFrame) -> dict[str, Floats]:
    count = len(searches)
    distinct = joined.drop_duplicates(["row", "product_id", "kind"])
    clicks, purchases = (distinct[distinct["kind"] == kind] for kind in ("click", "purchase"))
    first = clicks.drop_duplicates("row")
    reciprocal = np.zeros(count)
    reciprocal[first["row"].to_numpy()] = 1 / first["position"].to_numpy()
    return {
        "clicks": np.bincount(clicks["row"], minlength=count).astype(np.float64),
        "purchases": np.bincount(purchases["row"], minlength=count).astype(np.float64),
        "reciprocal_rank": reciprocal,
        "zero_results": (searches["total"] == 0).to_numpy(np.float64),
        "junk": searches["junk"].to_numpy(np.float64),
    }


def _team_clicks(joined: pd.DataFrame, teams: set[str], count: int) -> dict[str, Ints]:
    clicks = joined[joined["kind"] == "click"].drop_duplicates(["row", "product_id"])
    return {team: np.bincount(clicks.loc[clicks["team"] == team, "row"], minlength=count) for team in sorted(teams)}

"""The searches of an experiment with what came of each, as arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.errors import DataError
from vitrine.events.reading import SCHEMA, Skipped, read_events

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KEPT: Final = ("request_id", "user", "arm", "latency_ms", "total", "junk")
LISTS: Final = ("request_id", "product_ids", "teams")
_FEEDBACK: Final = pa.schema(
    [
        ("row", pa.int64()),
        ("product_id", pa.string()),
        ("kind", pa.string()),
        ("time", pa.float64()),
        ("number", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Sample:
    """The searches of one experiment.

    Attributes:
        experiment: Its name.
        arms: Names of the arms.
        arm: int64 [S], an index into `arms`.
        user: int64 [S], a number for each user; -1 for those who have no id.
        interleaved: bool [S], whether the results had teams.
        latency_ms: float64 [S].
        measures: float64 [S] each: distinct products that were clicked (`clicks`) or bought (`purchases`), one over
            the position of the first click or 0 (`reciprocal_rank`), and 1 for `zero_results` and `junk`.
        team_clicks: int64 [S] by team: distinct products of that team that were clicked.
        repeated: Searches that were in the log more than once.
        strays: Feedback on products that its search had not shown; it is not counted.
        skipped_lines: Of the log, torn or damaged.
    """

    experiment: str
    arms: list[str]
    arm: Ints
    user: Ints
    interleaved: npt.NDArray[np.bool_]
    latency_ms: Floats
    measures: dict[str, Floats]
    team_clicks: dict[str, Ints]
    repeated: int
    strays: int
    skipped_lines: int


def read_sample(
    directory: Path, experiment: str | None = None, since: float | None = None, until: float | None = None
) -> Sample:
    """Read an experiment's searches from a directory of events, and join their feedback by request.

    What was shown is kept in memory for searches with feedback only; of the others, a few numbers and the id.

    Args:
        directory: Of an event log.
        experiment: Its name; may be left out where there is one only.
        since: Leaves out searches before this time, in seconds since 1970.
        until: Leaves out searches from this time on; feedback may come later.

    Raises:
        DataError: There is no such directory or experiment, or no search.
    """
    skipped = Skipped()
    feedback = _frame(
        read_events(directory, "feedback", ["request_id", "product_id", "kind", "time"], since, skipped=skipped),
        ["request_id", "product_id", "kind", "time"],
    )
    answered = pd.Index(feedback["request_id"].unique())
    names: set[str] = set()
    teams: set[str] = set()
    kept: list[Any] = []
    lists: list[Any] = []
    for table in read_events(directory, "search", ["experiment", *{*KEPT, *LISTS}], since, until):
        names.update(pc.unique(table["experiment"]).to_pylist())
        wanted = pc.equal(table["experiment"], experiment) if experiment else pc.not_equal(table["experiment"], "")
        table = table.filter(wanted)
        teams.update(pc.unique(pc.list_flatten(table["teams"])).to_pylist())
        interleaved = pc.greater(pc.fill_null(pc.list_value_length(table["teams"]), 0), 0)
        kept.append(table.select(KEPT).append_column("interleaved", interleaved))
        has_feedback = answered.get_indexer(table["request_id"].to_pandas()) >= 0
        lists.append(table.select(LISTS).filter(pa.array(has_feedback)))
    name = _chosen(experiment, names, directory)
    searches = pa.concat_tables(kept).to_pandas()
    found = len(searches)
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
        measures=_measures(searches, joined),
        team_clicks=_team_clicks(joined, teams, len(searches)),
        repeated=found - len(searches),
        strays=len(reacted) - len(joined),
        skipped_lines=skipped.lines,
    )


def _frame(tables: Iterable[Any], columns: list[str]) -> pd.DataFrame:
    empty = pa.schema([SCHEMA.field(column) for column in columns]).empty_table()
    frame: pd.DataFrame = pa.concat_tables([empty, *tables]).to_pandas()
    return frame


def _chosen(experiment: str | None, names: set[str], directory: Path) -> str:
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


def _shown(lists: Any, requests: pd.Index) -> Any:
    """One row a product shown: `row` of the search, `product_id`, `position` from 1 on, and `team` or null.

    All in Arrow: as Python's strings, a million products are hundreds of megabytes.
    """
    rows = requests.get_indexer(lists["request_id"].to_pandas())
    first = ~pd.Series(rows).duplicated().to_numpy()
    rows, lists = rows[first], lists.filter(pa.array(first))
    counts, team_counts = (
        pc.fill_null(pc.list_value_length(lists[name]), 0).to_numpy().astype(np.int64)
        for name in ("product_ids", "teams")
    )
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    team = place + np.repeat(np.cumsum(team_counts) - team_counts, counts)
    teamless = np.repeat(counts != team_counts, counts)
    return pa.table(
        {
            "row": np.repeat(rows.astype(np.int64), counts),
            "product_id": pc.list_flatten(lists["product_ids"]),
            "position": place + 1,
            "team": pc.list_flatten(lists["teams"]).take(pa.array(team, mask=teamless)),
        }
    )


def _joined(reacted: pd.DataFrame, shown: Any) -> pd.DataFrame:
    """Feedback with the position and the team of its product, in the order of time; without what was not shown."""
    columns = ["row", "product_id", "kind", "time", "number"]
    feedback = pa.table({column: reacted[column].to_numpy() for column in columns}, schema=_FEEDBACK)
    # The right side is the one that Arrow makes a hash table of.
    joined: pd.DataFrame = shown.join(feedback, ["row", "product_id"], join_type="inner").to_pandas()
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

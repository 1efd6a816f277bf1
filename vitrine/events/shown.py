"""The products that searches showed, one row each."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def shown_products(searches: pa.Table) -> pa.Table:
    """Return one row per product shown: `row` of its search, `product_id`, `position` from 1, and `team` or null.

    The table stays in Arrow: as Python strings, a million products take hundreds of megabytes.

    Args:
        searches: Events with `product_ids`; with `offset`, positions count over all pages, and with `teams`,
            interleaved lists are told.
    """
    counts = _lengths(searches, "product_ids")
    row = np.repeat(np.arange(len(searches)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    position = place + 1
    if "offset" in searches.column_names:
        position += np.repeat(pc.fill_null(searches["offset"], 0).to_numpy(), counts)
    shown = {"row": row, "product_id": pc.list_flatten(searches["product_ids"]), "position": position}
    if "teams" in searches.column_names:
        team_counts = _lengths(searches, "teams")
        team = place + np.repeat(np.cumsum(team_counts) - team_counts, counts)
        teamless = np.repeat(counts != team_counts, counts)
        shown["team"] = pc.list_flatten(searches["teams"]).take(pa.array(team, mask=teamless))
    return pa.table(shown)


def _lengths(searches: pa.Table, name: str) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.list_value_length(searches[name]), 0), np.int64)

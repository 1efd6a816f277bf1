"""Queries and words that became more frequent, by a test of counts."""

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

FALSE_DISCOVERIES: Final = 0.05
"""The expected share of names in the list that did not become more frequent."""


def rising(now: "pd.Series[int]", before: "pd.Series[int]", min_users: int, missed: int = 0) -> pd.DataFrame:
    """Return the names whose share of users rose, the most certain first.

    Given the users of both windows together, those of this one are binomially distributed if the share is the same: the
    conditional test of two Poisson counts (Przyborowski and Wilenski 1940). It is exact for small counts, at which a
    ratio of shares means nothing. p-values are corrected for the number of names (Benjamini and Hochberg 1995).

    Args:
        now: Users by name in this window.
        before: Users by name in the earlier window.
        min_users: The users in both windows together from which a name is tested; fewer cannot be significant.
        missed: Users that a name without an entry in `before` may have had.

    Returns:
        Columns `users`, `users_before`, `ratio` of the shares (with half a user added to each count), `p_value` and
        `p_corrected`, by name, where `p_corrected` is below `FALSE_DISCOVERIES`.
    """
    counts = pd.DataFrame({"users": now, "users_before": before.reindex(now.index).fillna(missed)}).astype(np.int64)
    total, total_before = int(now.sum()), int(before.sum())
    counts = counts[counts.sum(axis=1) >= min_users]
    if counts.empty or not total_before:
        return counts.assign(ratio=0.0, p_value=1.0, p_corrected=1.0).head(0)
    share = total / (total + total_before)
    p_values = stats.binom.sf(counts["users"] - 1, counts.sum(axis=1), share)
    ratio = (counts["users"] + 0.5) / (counts["users_before"] + 0.5) * total_before / total
    tested = counts.assign(ratio=ratio, p_value=p_values, p_corrected=stats.false_discovery_control(p_values))
    return tested[tested["p_corrected"] < FALSE_DISCOVERIES].sort_values(["p_value", "users"], ascending=[True, False])

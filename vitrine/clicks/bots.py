"""Users who are most likely programs, by robust statistics over all users.

A user is left out who exceeds one of three limits:

* searches within any 60 seconds;
* searches within a day (UTC);
* the share of clicked products among the shown ones, by the lower end of its 95% interval (Wilson 1927), so that one
  search with many clicks convicts nobody.

A limit is the larger of a number that people may always reach, and of the median over users plus so many robust
standard deviations (1.4826 times the median absolute deviation), on the scale of logarithms for counts. Half of the
users would have to be programs to move a median at will.
"""

from typing import Final

import numpy as np
import pandas as pd
from scipy import stats  # type: ignore[import-untyped]

from vitrine.clicks.impressions import Floats, Impressions, Ints, Mask
from vitrine.clicks.settings import FilterSettings

MINUTE: Final = 60.0
DAY: Final = 86_400.0
NORMAL: Final = 1.4826
"""Standard deviations of a normal distribution in its median absolute deviation."""


def bots(impressions: Impressions, searches: Mask, users: int, settings: FilterSettings) -> Mask:
    """Return which of the users are programs, bool [U].

    Args:
        impressions: of all searches.
        searches: bool [S], the searches to look at, which have a user.
        users: U.
        settings: the limits.
    """
    user, time = impressions.user[searches], impressions.time[searches]
    active = np.bincount(user, minlength=users) > 0
    per_minute, per_day = _busiest_minute(user, time, users), _busiest_day(user, time, users)
    share = _click_share(impressions.of_searches(searches), users)
    found = np.zeros(users, bool)
    for values, floor, in_logarithms in (
        (per_minute, settings.bot_per_minute, True),
        (per_day, settings.bot_per_day, True),
        (share, settings.bot_click_share, False),
    ):
        found |= values > _limit(values[active], floor, settings.bot_deviations, in_logarithms)
    return found & active


def _limit(values: Floats, floor: float, deviations: float, in_logarithms: bool) -> float:
    if not values.size:
        return floor
    scaled = np.log(np.maximum(values, 1)) if in_logarithms else values
    median = float(np.median(scaled))
    limit = median + deviations * NORMAL * float(np.median(np.abs(scaled - median)))
    return max(floor, float(np.exp(limit)) if in_logarithms else min(limit, 1.0))


def _busiest_minute(user: Ints, time: Floats, users: int) -> Floats:
    """Return the most searches of each user that began within 60 seconds, float64 [U]."""
    order = np.lexsort((time, user))
    # Users become intervals of one time line that are farther apart than a minute.
    span = float(np.ptp(time)) + 2 * MINUTE if len(time) else MINUTE
    line = user[order] * span + (time[order] - (time.min() if len(time) else 0.0))
    until = np.searchsorted(line, line + MINUTE, side="left")
    busiest = np.zeros(users)
    np.maximum.at(busiest, user[order], until - np.arange(len(line)))
    return busiest


def _busiest_day(user: Ints, time: Floats, users: int) -> Floats:
    """Return the most searches of each user in a day, float64 [U]."""
    busiest = np.zeros(users)
    counts = pd.Series(1, index=user).groupby([user, time // DAY]).sum() if len(user) else pd.Series(dtype=float)
    if len(counts):
        np.maximum.at(busiest, counts.index.get_level_values(0).to_numpy(), counts.to_numpy())
    return busiest


def _click_share(impressions: Impressions, users: int) -> Floats:
    """Return the lower end of the interval of the share of shown products that each user clicked, float64 [U]."""
    user = impressions.user[impressions.search]
    shown = np.bincount(user, minlength=users).astype(np.float64)
    clicked = np.bincount(user, weights=impressions.clicked, minlength=users)
    z = float(stats.norm.ppf(0.975))
    share = np.divide(clicked, shown, out=np.zeros(users), where=shown > 0)
    size = np.maximum(shown, 1)
    middle = share + z**2 / (2 * size)
    margin = z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return np.asarray((middle - margin) / (1 + z**2 / size), np.float64)

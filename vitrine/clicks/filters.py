"""The searches, users and impressions that say nothing about relevance: they are left out, and counted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vitrine.clicks.bots import bots
from vitrine.clicks.impressions import Impressions, Mask
from vitrine.clicks.reading import ClickLog
from vitrine.clicks.settings import FilterSettings


@dataclass(frozen=True)
class LeftOut:
    """Numbers of what was left out of a log, by reason. A search counts for the first one that applies, in this order.

    `bots` is the number of users; `searches_of_bots` that of their searches.
    """

    damaged_lines: int
    feedback_on_products_not_shown: int
    repeated_feedback: int
    repeated_searches: int
    image_searches: int
    junk_queries: int
    forced_arms: int
    own_tests: int
    searches_without_user: int
    searches_of_bots: int
    bots: int
    impressions_below_depth: int
    repeated_impressions: int


@dataclass(frozen=True)
class Kept:
    """The impressions that count; anonymous searches have users of their own. `users` is their number."""

    impressions: Impressions
    users: int
    left_out: LeftOut


def leave_out(log: ClickLog, settings: FilterSettings, depth: int) -> Kept:
    """Leave out what the settings say, and positions from `depth` on."""
    seen = log.impressions
    users, user = len(log.users), seen.user
    if settings.anonymous:
        anonymous = np.flatnonzero(user < 0)
        user = user.copy()
        user[anonymous] = users + np.arange(len(anonymous))
        users += len(anonymous)
        seen = replace(seen, user=user)
    own = _own(log.users, settings.own_users)
    reasons = {
        "repeated_searches": log.repeated,
        "image_searches": log.other_kind,
        "junk_queries": log.junk,
        "forced_arms": log.forced,
        "own_tests": own[np.where((user >= 0) & (user < len(log.users)), user, len(log.users))],
        "searches_without_user": user < 0,
    }
    kept = np.ones(len(user), bool)
    counts = {}
    for name, mask in reasons.items():
        counts[name] = int((kept & mask).sum())
        kept &= ~mask
    programs = bots(seen, kept, users, settings)
    of_bots = kept & np.append(programs, False)[user]
    kept &= ~of_bots
    seen = seen.of_searches(kept)
    below = seen.position >= depth
    seen = seen.where(~below)
    repeated = _repeated(seen, settings.repeat_minutes * 60)
    return Kept(
        impressions=seen.where(~repeated),
        users=len(np.unique(user[kept])),
        left_out=LeftOut(
            damaged_lines=log.damaged_lines,
            feedback_on_products_not_shown=log.strays,
            repeated_feedback=log.repeated_feedback,
            **counts,
            searches_of_bots=int(of_bots.sum()),
            bots=int(programs.sum()),
            impressions_below_depth=int(below.sum()),
            repeated_impressions=int(repeated.sum()),
        ),
    )


def _own(users: Sequence[str], names: Sequence[str]) -> Mask:
    """Return whether each user is one of `names`, bool [U + 1]; the last value is for those without an id."""
    exact = {name for name in names if not name.endswith("*")}
    prefixes = tuple(name[:-1] for name in names if name.endswith("*"))
    return np.asarray([*(user in exact or user.startswith(prefixes) for user in users), False], bool)


def _repeated(seen: Impressions, seconds: float) -> Mask:
    """Return whether a user clicked the product of an impression for the same query up to `seconds` before, bool [N].

    Seeing a known product again says little: who has looked at it need not look again, and who does has not found more.
    """
    user, time = seen.user[seen.search], seen.time[seen.search]
    order = np.lexsort((time, seen.keys, user))
    user, key, time, clicked = user[order], seen.keys[order], time[order], seen.clicked[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (user[1:] != user[:-1]) | (key[1:] != key[:-1])
    rows = np.arange(len(order))
    first = np.maximum.accumulate(np.where(begins, rows, 0))
    last_click = np.maximum.accumulate(np.where(clicked, rows, -1))
    before = np.concatenate([[-1], last_click[:-1]]) if len(rows) else last_click
    again = before >= first
    repeated = np.zeros(len(order), bool)
    repeated[order] = again & (time - time[np.maximum(before, 0)] <= seconds)
    return repeated

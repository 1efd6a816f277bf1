"""Searches of simulated users, in blocks: who searches for what and when, what is shown, and what is clicked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.clicks.simulation.users import Floats, Ints, Mask, buy, click, click_as_program
from vitrine.labels import CLASS_IDS

Rank = Callable[[str], Sequence[str]]
"""Returns the ranked product ids of a query, the best first."""
Truth = Mapping[str, Mapping[str, str]]
"""The label of each judged product, by query; others are irrelevant."""

BLOCK: Final = 2_000
SEARCHES_OF_A_BOT: Final = 500
"""Searches that one program makes, about; it makes one each second."""
DAY: Final = 86_400.0


@dataclass(frozen=True)
class Visit:
    """A user's search that is to come."""

    user: str
    time: float
    query: str
    is_program: bool


@dataclass(frozen=True)
class Browsed:
    """A visit with what was shown, and the places, from 0, that were clicked and bought."""

    visit: Visit
    products: tuple[str, ...]
    clicked: tuple[int, ...]
    bought: tuple[int, ...]


def plan(queries: Sequence[str], settings: SimulationSettings, now: float) -> list[Visit]:
    """Return all visits, by time; the last ones are shortly before `now`, in seconds since 1970."""
    rng = np.random.default_rng([settings.seed, 0])
    by_programs = round(settings.searches * settings.bots)
    by_people = settings.searches - by_programs
    start = now - settings.days * DAY
    bots = max(1, round(by_programs / SEARCHES_OF_A_BOT)) if by_programs else 0
    numbers = rng.permutation(settings.users + bots)  # no id tells a program
    activity = rng.lognormal(0.0, 1.0, settings.users)
    person = rng.choice(settings.users, by_people, p=activity / activity.sum())
    program = settings.users + np.arange(by_programs) % max(bots, 1)
    user = numbers[np.concatenate([person, program]).astype(np.int64)]
    begins = start + rng.random(bots) * max(settings.days * DAY - by_programs, 0.0)
    of_programs = begins[program - settings.users] + np.arange(by_programs) // max(bots, 1)
    time = np.concatenate([start + rng.random(by_people) * settings.days * DAY, of_programs])
    asked = rng.permutation(len(queries))[rng.choice(len(queries), len(user), p=_popularity(len(queries), settings))]
    order = np.argsort(time, kind="stable")
    return [Visit(f"u{user[row]:06d}", float(time[row]), queries[asked[row]], bool(row >= by_people)) for row in order]


def browse(visits: Sequence[Visit], rank: Rank, truth: Truth, settings: SimulationSettings) -> Iterator[Browsed]:
    """Yield what users click in the lists that `rank` gives, of which the first `k` products are shown."""
    rng = np.random.default_rng([settings.seed, 1])
    lists: dict[str, list[str]] = {}
    for start in range(0, len(visits), BLOCK):
        block = visits[start : start + BLOCK]
        for query in dict.fromkeys(visit.query for visit in block):
            if query not in lists:
                lists[query] = list(rank(query))[: settings.k]
        shown = [lists[visit.query] for visit in block]
        if settings.swaps:
            shown = [_swapped(products, settings.swaps, rng) for products in shown]
        yield from react(block, shown, truth, settings, rng)


def react(
    visits: Sequence[Visit],
    shown: Sequence[Sequence[str]],
    truth: Truth,
    settings: SimulationSettings,
    rng: np.random.Generator,
) -> Iterator[Browsed]:
    """Yield what the users of visits click in the lists that were shown to them."""
    labels = _labels(visits, shown, truth)
    is_program = np.asarray([visit.is_program for visit in visits])
    clicked = np.where(is_program, click_as_program(labels, rng), click(labels, settings, rng))
    bought = buy(labels, clicked & ~is_program, settings.purchases, rng)
    for column, (visit, products) in enumerate(zip(visits, shown, strict=True)):
        yield Browsed(visit, tuple(products), _places(clicked[:, column]), _places(bought[:, column]))


def _popularity(count: int, settings: SimulationSettings) -> Floats:
    weights = np.arange(1.0, count + 1) ** -settings.popularity
    return np.asarray(weights / weights.sum(), np.float64)


def _labels(visits: Sequence[Visit], shown: Sequence[Sequence[str]], truth: Truth) -> Ints:
    """Return class ids, int64 [L, S], with -1 below the end of a list."""
    depth = max((len(products) for products in shown), default=0)
    labels = np.full((max(depth, 1), len(visits)), -1, np.int64)
    for column, (visit, products) in enumerate(zip(visits, shown, strict=True)):
        known = truth.get(visit.query, {})
        labels[: len(products), column] = [CLASS_IDS[known.get(product, "I")] for product in products]
    return labels


def _places(row: Mask) -> tuple[int, ...]:
    return tuple(np.flatnonzero(row).tolist())


def _swapped(products: list[str], share: float, rng: np.random.Generator) -> list[str]:
    """Swap neighbours at random in a share of lists (FairPairs: Radlinski and Joachims 2006).

    "Minimally Invasive Randomization for Collecting Unbiased Preferences from Clickthrough Logs": the pairs begin at
    the first or at the second place, and each is swapped with probability one half.
    """
    if rng.random() >= share:
        return products
    mixed = list(products)
    for place in range(int(rng.integers(2)), len(mixed) - 1, 2):
        if rng.random() < 0.5:
            mixed[place], mixed[place + 1] = mixed[place + 1], mixed[place]
    return mixed

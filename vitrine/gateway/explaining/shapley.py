"""Shapley values (Shapley 1953) of a few players, exactly or from sampled orders, with all coalitions in one batch.

A player's value is the mean of what it adds to the players before it, over all orders. With many players, orders are
sampled in pairs of an order and its reverse (Mitchell et al. 2022, "Sampling Permutations for Shapley Value
Estimation"); within each order the additions telescope, so that the values always add up to the difference between all
players and none.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import Final

import numpy as np
import numpy.typing as npt

EXACT: Final = 6
"""Players up to which all coalitions are computed: 64."""
COALITIONS: Final = 64
"""Coalitions of more players, about: the orders that they give are the more, the fewer players there are."""

Coalition = frozenset[int]
Values = npt.NDArray[np.float64]


def coalitions(players: int) -> list[Coalition]:
    """Return the coalitions whose worth `shapley_values` needs, each once, the empty and the whole one among them."""
    if players <= EXACT:
        return [frozenset(chosen) for size in range(players + 1) for chosen in combinations(range(players), size)]
    return list(dict.fromkeys(frozenset(order[:size]) for order in _orders(players) for size in range(players + 1)))


def shapley_values(players: int, worth: Mapping[Coalition, Values]) -> Values:
    """Return the players' values, float64 [players, R], for the `worth` float64 [R] of each of `coalitions`."""
    whole = worth[frozenset(range(players))]
    values: Values = np.zeros((players, *whole.shape))
    if players <= EXACT:
        for coalition, of_coalition in worth.items():
            for player in set(range(players)) - coalition:
                before, after = len(coalition), players - len(coalition) - 1
                weight = factorial(before) * factorial(after) / factorial(players)
                values[player] += weight * (worth[coalition | {player}] - of_coalition)
        return values
    orders = _orders(players)
    for order in orders:
        for size, player in enumerate(order):
            values[player] += worth[frozenset(order[: size + 1])] - worth[frozenset(order[:size])]
    return values / len(orders)


def _orders(players: int) -> list[Sequence[int]]:
    """Return sampled orders of the players and their reverses, always the same ones."""
    rng = np.random.default_rng(players)
    pairs = max(COALITIONS // (2 * (players - 1)), 1)
    drawn = [rng.permutation(players).tolist() for _ in range(pairs)]
    return [order for forward in drawn for order in (forward, forward[::-1])]

"""Tests of Shapley values: their laws, exactly and from sampled orders."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.gateway.explaining.shapley import COALITIONS, EXACT, coalitions, shapley_values


def game(players: int, seed: int) -> dict[frozenset[int], np.ndarray]:
    rng = np.random.default_rng(seed)
    return {coalition: rng.normal(size=2) for coalition in coalitions(players)}


@given(players=st.integers(1, 30), seed=st.integers(0, 2**16))
def test_values_add_up_to_all_less_none(players, seed):
    worth = game(players, seed)
    difference = worth[frozenset(range(players))] - worth[frozenset()]
    np.testing.assert_allclose(shapley_values(players, worth).sum(axis=0), difference, atol=1e-9)


@given(players=st.integers(1, 30), seed=st.integers(0, 2**16))
def test_an_additive_game_gives_each_player_its_own_worth(players, seed):
    own = np.random.default_rng(seed).normal(size=(players, 1))
    worth = {each: own[sorted(each)].sum(axis=0) for each in coalitions(players)}
    np.testing.assert_allclose(shapley_values(players, worth), own, atol=1e-9)


@pytest.mark.parametrize("players", [2, 4])
def test_few_players_have_the_mean_over_all_orders(players):
    worth = game(players, 3)
    expected = np.zeros((players, 2))
    orders = list(permutations(range(players)))
    for order in orders:
        for size, player in enumerate(order):
            expected[player] += worth[frozenset(order[: size + 1])] - worth[frozenset(order[:size])]
    np.testing.assert_allclose(shapley_values(players, worth), expected / len(orders), atol=1e-9)


@pytest.mark.parametrize("players", [1, EXACT, EXACT + 1, 24, 33])
def test_coalitions_are_few_and_have_both_ends(players):
    found = coalitions(players)
    assert len(found) == len(set(found)) <= max(COALITIONS, 2 * players)
    assert {frozenset(), frozenset(range(players))} <= set(found)

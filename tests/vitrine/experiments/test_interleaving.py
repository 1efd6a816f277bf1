from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from vitrine.experiments.interleaving import team_draft

ARMS = ("old", "new")
RANKINGS = st.lists(st.sampled_from([f"p{number}" for number in range(12)]), max_size=10, unique=True)
SEEDS = st.integers(0, 2**32) | st.text(max_size=8)


@given(RANKINGS, RANKINGS, st.integers(0, 20), SEEDS)
def test_every_product_appears_once(first: list[str], second: list[str], length: int, seed: int | str) -> None:
    merged = team_draft(first, second, ARMS, length, seed)
    assert len(set(merged.product_ids)) == len(merged.product_ids) == len(merged.teams)
    assert len(merged.product_ids) == min(length, len({*first, *second}))


@given(RANKINGS, RANKINGS, SEEDS)
def test_teams_are_equal_while_both_can_pick(first: list[str], second: list[str], seed: int | str) -> None:
    merged = team_draft(first, second, ARMS, 20, seed)
    for end in range(0, len(merged.teams) + 1, 2):
        picked = set(merged.product_ids[:end])
        if set(first) <= picked or set(second) <= picked:
            break
        assert merged.teams[:end].count("old") == merged.teams[:end].count("new")


@given(RANKINGS, RANKINGS, SEEDS)
def test_each_team_is_in_the_order_of_its_ranking(first: list[str], second: list[str], seed: int | str) -> None:
    merged = team_draft(first, second, ARMS, 20, seed)
    for arm, ranking in zip(ARMS, (first, second), strict=True):
        team = [product for product, name in zip(*merged, strict=True) if name == arm]
        assert team == [product for product in ranking if product in team]
    if first and second:
        assert merged.product_ids[0] in (first[0], second[0])


@given(RANKINGS, SEEDS)
def test_a_ranking_goes_on_alone(ranking: list[str], seed: int | str) -> None:
    assert team_draft(ranking, [], ARMS, 20, seed) == (ranking, ["old"] * len(ranking))
    assert team_draft([], ranking, ARMS, 20, seed) == (ranking, ["new"] * len(ranking))


@given(RANKINGS, RANKINGS, SEEDS)
def test_equal_seeds_give_equal_lists(first: list[str], second: list[str], seed: int | str) -> None:
    assert team_draft(first, second, ARMS, 20, seed) == team_draft(first, second, ARMS, 20, seed)


def test_neither_arm_is_favoured() -> None:
    leads = Counter(team_draft(["a", "b"], ["c", "d"], ARMS, 4, f"request {seed}").teams[0] for seed in range(4000))
    assert 1850 < leads["old"] < 2150


def test_equal_rankings_stay_as_they_are() -> None:
    merged = team_draft(["a", "b", "c"], ["a", "b", "c"], ARMS, 3, 7)
    assert merged.product_ids == ["a", "b", "c"]


def test_seeds_mean_the_same_in_every_release() -> None:
    merged = team_draft(list("abcdef"), list("fedcba"), ARMS, 6, "request")
    assert ("".join(merged.product_ids), merged.teams) == ("faebdc", ["new", "old", "new", "old", "new", "old"])

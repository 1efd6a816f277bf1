import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.serving.config.version_policy import Action, All, Latest, Policy, Specific, aspired, next_action

VERSIONS = st.frozensets(st.integers(1, 9), max_size=5)


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        (Latest(), {7}),
        (Latest(2), {7, 5}),
        (Latest(9), {7, 5, 2}),
        (All(), {7, 5, 2}),
        (Specific(frozenset({2, 5})), {2, 5}),
        (Specific(frozenset({2, 9})), {2}),
        (Specific(frozenset({9})), set()),
    ],
)
def test_a_policy_chooses_among_the_versions_found(policy: Policy, wanted: set[int]) -> None:
    assert aspired(policy, [2, 5, 7]) == wanted


def test_the_new_version_comes_before_the_old_one_goes() -> None:
    assert next_action({1}, {2}) == Action("load", 2)
    assert next_action({1, 2}, {2}) == Action("unload", 1)
    assert next_action({2}, {2}) is None


def test_what_is_no_longer_wanted_goes_first_where_something_wanted_serves() -> None:
    assert next_action({1, 2}, {2, 3}) == Action("unload", 1)
    assert next_action({2}, {2, 3, 4}) == Action("load", 4)


def test_where_nothing_is_wanted_everything_goes() -> None:
    assert next_action({2, 1}, set()) == Action("unload", 1)


@given(VERSIONS, VERSIONS.filter(bool))
def test_the_steps_lead_there_and_never_leave_nothing_to_serve(loaded: frozenset[int], wanted: frozenset[int]) -> None:
    current, served = set(loaded), bool(loaded)
    for _ in range(len(loaded | wanted)):
        action = next_action(current, wanted)
        if action is None:
            break
        (current.add if action.verb == "load" else current.remove)(action.version)
        assert current or not served
    assert current == wanted

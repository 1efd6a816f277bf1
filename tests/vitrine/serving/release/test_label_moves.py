import pytest

from vitrine.errors import ConfigError
from vitrine.serving.release.label_moves import State, canary, promote, rollback, transition_states


def test_a_canary_stands_beside_the_stable_version() -> None:
    assert canary({"stable": 1}, 2) == {"stable": 1, "canary": 2}
    assert canary({"stable": 2, "canary": 2, "previous": 1}, 3) == {"stable": 2, "canary": 3, "previous": 1}


def test_a_canary_without_a_stable_version_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no version is labelled stable.*release promote --version N"):
        canary({}, 2)


def test_the_stable_version_is_no_canary() -> None:
    with pytest.raises(ConfigError, match="version 2 is stable already"):
        canary({"stable": 2}, 2)


def test_a_promotion_remembers_what_was_stable_and_leaves_no_request_without_an_answer() -> None:
    assert promote({"stable": 1, "canary": 2}) == {"stable": 2, "canary": 2, "previous": 1}
    assert promote({"stable": 2, "canary": 3, "previous": 1}) == {"stable": 3, "canary": 3, "previous": 2}
    assert promote({"stable": 1}, 2) == {"stable": 2, "previous": 1}
    assert promote({"stable": 1, "canary": 2}, 3) == {"stable": 3, "canary": 3, "previous": 1}
    assert promote({}, 1) == {"stable": 1}


def test_promoting_what_is_stable_changes_nothing() -> None:
    done = promote({"stable": 1, "canary": 2})
    assert promote(done) == promote(done, 2) == done


def test_without_a_canary_a_promotion_needs_a_version() -> None:
    with pytest.raises(ConfigError, match="there is no canary to promote; `vitrine release canary --version N`"):
        promote({"stable": 1})


def test_a_rollback_undoes_one_step_at_a_time() -> None:
    promoted = promote(canary({"stable": 1}, 2))
    on_trial = canary(promoted, 3)
    assert rollback(on_trial) == {"stable": 2, "previous": 1}
    assert rollback(rollback(on_trial)) == rollback(promoted) == {"stable": 1}


def test_there_may_be_nothing_to_go_back_to() -> None:
    with pytest.raises(ConfigError, match="no canary to drop, and no version is labelled previous"):
        rollback({"stable": 1})


def test_labels_of_others_stay() -> None:
    labels = {"stable": 1, "demo": 7}
    assert rollback(canary(labels, 2)) == rollback(promote(labels, 2)) == labels


def test_loading_comes_before_labels_and_labels_before_unloading() -> None:
    before, after = {"stable": 2, "canary": 2, "previous": 1}, {"stable": 1}
    assert transition_states({1, 2}, before, after) == (
        State(frozenset({1, 2}), before),
        State(frozenset({1, 2}), after),
        State(frozenset({1}), after),
    )
    before, after = {"stable": 2, "canary": 3, "previous": 1}, {"stable": 3, "canary": 3, "previous": 2}
    assert [sorted(state.versions) for state in transition_states({1, 2}, before, after)] == [
        [1, 2, 3],
        [1, 2, 3],
        [2, 3],
    ]


def test_versions_that_never_had_a_label_are_left_alone() -> None:
    *_, last = transition_states({1, 5}, {"stable": 1}, {"stable": 2, "previous": 1})
    assert last.versions == {1, 2, 5}

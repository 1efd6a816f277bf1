import numpy as np
import pytest

from tests.vitrine.clicks.shop import sessions
from vitrine.clicks.models.choice import choose, measure
from vitrine.clicks.settings import ModelSettings
from vitrine.errors import DataError


@pytest.mark.parametrize(("users", "best"), [("pbm", {"pbm", "pbm_swaps"}), ("cascade", {"cascade"}), ("dbn", {"dbn"})])
def test_users_are_predicted_best_by_the_model_that_they_follow(users: str, best: set[str]) -> None:
    choice = choose(sessions(users), ModelSettings())
    assert choice.name in best
    order = sorted(choice.held_out, key=lambda name: -choice.held_out[name].log_likelihood)
    assert set(order[: len(best)]) == best


def test_a_model_of_coins_has_a_perplexity_of_two() -> None:
    log = sessions(count=200)
    choice = choose(log, ModelSettings(candidates=["pbm"]))

    class Coin:
        trace: tuple[float, ...] = ()
        click_probability = staticmethod(lambda log: np.full(log.pair.shape, 0.5))
        log_likelihood = staticmethod(lambda log: np.zeros(len(log.user)))

    assert measure(Coin(), log).perplexity == pytest.approx(2)  # type: ignore[arg-type]
    assert 1 < choice.held_out["pbm"].perplexity < 2


def test_the_same_seed_gives_the_same_choice() -> None:
    first, second = (choose(sessions(count=1000), ModelSettings(seed=3)) for _ in range(2))
    assert first.held_out == second.held_out


def test_a_single_user_is_an_error() -> None:
    log = sessions(count=100)
    with pytest.raises(DataError, match="fewer than two users"):
        choose(log.take(log.user == log.user[0]), ModelSettings())


def test_the_choice_looks_at_so_many_searches_only() -> None:
    choice = choose(sessions(count=8000), ModelSettings(choice_searches=1000))
    assert 100 < choice.searches < 400
    assert choice.fitted.evidence.clicked.sum() == sessions(count=8000).clicked.sum()

import numpy as np

from vitrine.clicks.mixture import BothWays, choose_weight
from vitrine.clicks.settings import MixtureSettings


def pairs(clicks_agree: float, queries: int = 60, seed: int = 0) -> BothWays:
    """Return pairs whose features tell the label with noise, and labels from clicks of which a share is right."""
    rng = np.random.default_rng(seed)
    query = np.repeat(np.arange(queries), 12)
    people = rng.integers(4, size=query.size)
    features = np.stack([people + rng.normal(size=query.size), rng.normal(size=query.size)], 1)
    wrong = 3 - people
    return BothWays(
        features=features,
        query=np.asarray([f"query {number}" for number in query], object),
        product=np.asarray([f"p{number}" for number in range(query.size)], object),
        people=people,
        clicks=np.where(rng.random(query.size) < clicks_agree, people, wrong),
        certainty=np.full(query.size, 0.9),
    )


def test_clicks_that_say_the_opposite_of_people_are_left_out() -> None:
    mixture = choose_weight(pairs(0.0), MixtureSettings(candidates=[1]))
    assert mixture.weight == 0
    assert mixture.queries == 60
    assert [each.weight for each in mixture.candidates] == [0, 1]
    assert all(each.high < 0 for each in mixture.candidates if each.weight)


def test_clicks_that_agree_with_people_count() -> None:
    mixture = choose_weight(pairs(1.0), MixtureSettings())
    assert mixture.weight > 0
    best = max((each for each in mixture.candidates if each.weight), key=lambda each: each.ndcg)
    assert mixture.weight == best.weight


def test_few_queries_of_people_choose_nothing() -> None:
    mixture = choose_weight(pairs(1.0, queries=20), MixtureSettings(queries=40, default=0.3))
    assert (mixture.weight, mixture.candidates) == (0.3, [])
    assert "20 of the queries" in mixture.reason


def test_a_weight_can_be_set() -> None:
    assert choose_weight(pairs(0.0), MixtureSettings(weight=0.7)).weight == 0.7

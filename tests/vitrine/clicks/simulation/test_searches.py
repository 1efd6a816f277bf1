from collections import Counter

import numpy as np

from tests.vitrine.clicks.shop import NOW, noisy_ranking, truth
from vitrine.clicks.simulation.searches import DAY, Browsed, browse, plan
from vitrine.clicks.simulation.settings import SimulationSettings

LABELS = truth(20)


def browsed(**fields: object) -> list[Browsed]:
    settings = SimulationSettings.model_validate({"searches": 3000, "users": 50} | fields)
    return list(browse(plan(list(LABELS), settings, NOW), noisy_ranking(LABELS), LABELS, settings))


def test_visits_come_in_the_order_of_time() -> None:
    settings = SimulationSettings(searches=1000, days=7)
    times = [visit.time for visit in plan(list(LABELS), settings, NOW)]
    assert times == sorted(times)
    assert NOW - 7 * DAY <= times[0] < times[-1] <= NOW


def test_the_same_seed_gives_the_same_searches() -> None:
    assert browsed(seed=4) == browsed(seed=4) != browsed(seed=5)


def test_programs_make_their_share_of_the_searches() -> None:
    visits = plan(list(LABELS), SimulationSettings(searches=2000, bots=0.2, users=50), NOW)
    assert sum(visit.is_program for visit in visits) == 400
    programs = {visit.user for visit in visits if visit.is_program}
    assert not programs & {visit.user for visit in visits if not visit.is_program}


def test_popular_queries_are_searched_for_more_often() -> None:
    even, skewed = (
        Counter(each.visit.query for each in browsed(popularity=value)).most_common() for value in (0.0, 1.0)
    )
    assert skewed[0][1] > 2 * even[0][1]


def test_the_first_products_are_shown() -> None:
    rank = noisy_ranking(LABELS)
    for each in browsed(k=7)[:50]:
        assert list(each.products) == list(rank(each.visit.query))[:7]


def test_swaps_exchange_neighbours() -> None:
    rank, moved = noisy_ranking(LABELS), []
    for each in browsed(swaps=1.0):
        order = list(rank(each.visit.query))[:10]
        places = np.asarray([order.index(product) for product in each.products]) - np.arange(10)
        assert abs(places).max() <= 1
        moved.append(np.mean(places != 0))
    assert 0.4 < np.mean(moved) < 0.5  # nine neighbours of ten products, half of the time


def test_what_is_bought_was_clicked() -> None:
    found = browsed(purchases=0.5)
    assert any(each.bought for each in found)
    assert all(set(each.bought) <= set(each.clicked) for each in found)

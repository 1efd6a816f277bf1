from pathlib import Path

from tests.vitrine.clicks.shop import NOW, noisy_ranking, truth
from vitrine.clicks.reading import read_log
from vitrine.clicks.simulation.events import write_events
from vitrine.clicks.simulation.searches import browse, plan
from vitrine.clicks.simulation.settings import SimulationSettings


def test_what_users_did_is_what_the_log_says(tmp_path: Path) -> None:
    labels, settings = truth(10), SimulationSettings(searches=300, users=20, swaps=0.5)
    found = list(browse(plan(list(labels), settings, NOW), noisy_ranking(labels), labels, settings))
    searches, feedback = write_events(found, len(found), tmp_path)
    log = read_log(tmp_path)
    seen = log.impressions
    assert (searches, len(log.repeated), log.strays, log.repeated_feedback) == (300, 300, 0, 0)
    assert feedback == int(seen.clicked.sum() + seen.bought.sum())
    first = [each.products for each in found]
    products = [seen.products[product] for product in seen.product]
    assert products == [product for row in first for product in row]
    assert seen.clicked.tolist() == [place in each.clicked for each in found for place in range(10)]
    assert seen.bought.tolist() == [place in each.bought for each in found for place in range(10)]
    assert [log.users[user] for user in seen.user] == [each.visit.user for each in found]

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vitrine.clicks.reading import read_log
from vitrine.clicks.simulation.gateway import browse_gateway
from vitrine.clicks.simulation.searches import plan
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.errors import NetworkError

TRUTH = {"red mug": {"red-mug": "E", "red-shoe": "S"}, "blue lamp": {"blue-lamp": "E"}}
SETTINGS = SimulationSettings(users=5, searches=40, k=5, eta=0, noise=0)


def test_users_search_and_click_through_the_gateway(pushed: Path, start_gateway: Any, tmp_path: Path) -> None:
    visits = plan(list(TRUTH), SETTINGS, time.time())
    with start_gateway({"catalogues": {"shop": {"serving": pushed}}, "log": {"directory": tmp_path}}) as client:
        searches, feedback = browse_gateway(str(client.base_url), visits, TRUTH, SETTINGS)
    log = read_log(tmp_path)
    seen = log.impressions
    assert searches == len(log.repeated) == 40
    assert feedback == int(seen.clicked.sum() + seen.bought.sum()) > 10
    assert log.strays == 0
    assert {seen.products[product] for product in seen.product[seen.clicked]} <= {"red-mug", "red-shoe", "blue-lamp"}
    exact = [seen.products[product] in ("red-mug", "blue-lamp") for product in seen.product]
    assert np.mean(seen.clicked[np.asarray(exact)]) > 0.4
    assert sorted(log.users) == sorted({visit.user for visit in visits})


def test_a_limit_of_the_rate_is_waited_for(pushed: Path, start_gateway: Any, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"searches": 4})
    visits = plan(list(TRUTH), settings, time.time())
    limits = {
        "catalogues": {"shop": {"serving": pushed}},
        "limits": {"rate": "3/second"},
        "log": {"directory": tmp_path},
    }
    with start_gateway(limits) as client:
        searches, _ = browse_gateway(str(client.base_url), visits, TRUTH, settings)
    assert searches == len(read_log(tmp_path).repeated) == 4


def test_a_gateway_that_is_not_there_is_one_line() -> None:
    visits = plan(list(TRUTH), SETTINGS, time.time())
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1:9"):
        browse_gateway("http://127.0.0.1:9", visits, TRUTH, SETTINGS)


def test_a_refusal_says_its_status(pushed: Path, start_gateway: Any) -> None:
    visits = plan([" "], SETTINGS, time.time())  # no query
    settings = {"catalogues": {"shop": {"serving": pushed}}}
    with start_gateway(settings) as client, pytest.raises(NetworkError, match="status 422"):
        browse_gateway(str(client.base_url), visits, TRUTH, SETTINGS)

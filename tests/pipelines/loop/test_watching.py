"""Learning from clicks in the loop, from the log of simulated users."""

import time
from pathlib import Path

import pytest

from pipelines.loop.journal import Decision
from pipelines.loop.settings import LearnSettings
from pipelines.loop.watching import UNTIL, Watched, learn_clicks
from vitrine.clicks.simulation.events import write_events
from vitrine.clicks.simulation.searches import browse, plan
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.data.contract.spans import span_numbers
from vitrine.events.event import FeedbackEvent
from vitrine.events.log import EventLog

NOW = time.time()
"""The files of a log have the day of writing, which tells which of them may hold later events."""
TRUTH = {f"query {query}": {f"p{product}": "ESCI"[(query + product) % 4] for product in range(6)} for query in range(5)}


@pytest.fixture
def events(tmp_path: Path) -> Path:
    settings = SimulationSettings(searches=600, users=200, swaps=0.5)
    visits = plan(list(TRUTH), settings, NOW)
    write_events(browse(visits, lambda query: list(TRUTH[query]), TRUTH, settings), len(visits), tmp_path / "events")
    return tmp_path / "events"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "catalogue").mkdir(parents=True)
    rows = "".join(f"p{product},Product {product},,,,,,\n" for product in range(6))
    header = "product_id,title,description,brand,color,category,image,price\n"
    (tmp_path / "data" / "catalogue" / "a.csv").write_text(header + rows)
    for split, query in (("train", "other"), ("eval", "another")):
        (tmp_path / "data" / "judgements" / split).mkdir(parents=True)
        judged = f"query_id,query,product_id,esci_label\n{split},{query},p1,E\n"
        (tmp_path / "data" / "judgements" / split / "a.csv").write_text(judged)
    return tmp_path / "data"


def learn(
    events: Path, data: Path, last: Watched | None = None, now: float = NOW + 1, clicks: int = 50
) -> Watched | None:
    decision = Decision(now, None, last.decision, last.reason, last.figures) if last else None
    return learn_clicks(events, LearnSettings(clicks=clicks), data, decision, now)


def test_enough_clicks_become_a_span(events: Path, data: Path) -> None:
    learned = learn(events, data)
    assert learned is not None
    assert learned.decision == "learn"
    assert span_numbers(data, "judgements") == [1]
    assert learned.figures[UNTIL] == NOW + 1
    assert learned.figures["judgements"] > 0


def test_few_clicks_wait(events: Path, data: Path) -> None:
    assert learn(events, data, clicks=100_000) is None
    assert span_numbers(data, "judgements") == []


def test_only_clicks_since_the_last_time_count(events: Path, data: Path) -> None:
    first = learn(events, data)
    assert learn(events, data, first, now=NOW + 2) is None
    with EventLog(events) as log:
        for number in range(50):
            log.put(FeedbackEvent(time=NOW + 2, request_id=str(number), user="u", product_id="p1"))
    again = learn(events, data, first, now=NOW + 3)
    assert again is not None
    assert again.figures["clicks"] == 50
    assert span_numbers(data, "judgements") == [1, 2]


def test_clicks_that_teach_nothing_are_recorded(data: Path, tmp_path: Path) -> None:
    with EventLog(tmp_path / "strays") as log:
        for number in range(60):
            log.put(FeedbackEvent(time=NOW, request_id=str(number), user="u", product_id="p1"))
    learned = learn(tmp_path / "strays", data)
    assert learned is not None
    assert learned.reason.startswith("60 new clicks; ")
    assert span_numbers(data, "judgements") == []

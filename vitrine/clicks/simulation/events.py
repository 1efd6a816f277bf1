"""An event log of simulated users, written as the gateway writes it."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from vitrine import progress
from vitrine.clicks.simulation.searches import Browsed
from vitrine.errors import DataError
from vitrine.events.event import Event, FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog

SECONDS_TO_CLICK: Final = 5.0
REPORT_EVERY: Final = 2_000


def write_events(browsed: Iterable[Browsed], total: int, directory: Path) -> tuple[int, int]:
    """Append searches and their feedback to an event log. Return the numbers of searches and of feedback events.

    Raises:
        DataError: An event could not be written, such as on a full disk.
    """
    searches = feedback = 0
    log = EventLog(directory)
    try:
        for each in browsed:
            for event in _events(each, searches):
                while not log.put(event):  # the queue is full
                    log.flush()
                feedback += isinstance(event, FeedbackEvent)
            searches += 1
            if searches % REPORT_EVERY == 0 or searches == total:
                progress.report("searches", searches, total)
    finally:
        log.close()
    if failed := log.counts.failed:
        raise DataError(f"{directory}: {failed:,} events could not be written")
    return searches, feedback


def _events(browsed: Browsed, number: int) -> list[Event]:
    visit = browsed.visit
    request = hashlib.sha256(f"{number}\0{visit.user}\0{visit.time}".encode()).hexdigest()[:32]
    search = SearchEvent(
        time=visit.time,
        request_id=request,
        user=visit.user,
        query=visit.query,
        route="only",
        total=len(browsed.products),
        product_ids=browsed.products,
    )
    reactions = [("click", place) for place in browsed.clicked] + [("purchase", place) for place in browsed.bought]
    return [
        search,
        *(
            FeedbackEvent(
                time=visit.time + SECONDS_TO_CLICK * (place + 1),
                request_id=request,
                user=visit.user,
                product_id=browsed.products[place],
                kind="click" if kind == "click" else "purchase",
                position=place + 1,
            )
            for kind, place in reactions
        ),
    ]

"""From answers to a response: which results, in which order, on which page."""

import time
from collections.abc import Sequence

from vitrine.experiments.interleaving import team_draft
from vitrine.gateway.schemas import Exposure, Facets, Route, SearchResponse
from vitrine.gateway.search.answering import Answer, Place, good_enough, merged
from vitrine.gateway.search.request import Asker, Search
from vitrine.gateway.search.results import results, rewritten

ARMS = ("a", "b")


def respond(
    search: Search,
    asker: Asker,
    found: Sequence[Answer],
    places: Sequence[Place],
    route: Route,
    exposure: Exposure | None,
    facets: Facets | None,
) -> tuple[SearchResponse, Sequence[Place]]:
    """The response to a search whose results are at `places`, and where each one that it shows comes from."""
    window, query = search.window, search.question.text
    junk = all(one.junk for one in found)
    shown = places[window.offset : window.offset + window.k]
    response = SearchResponse.model_construct(
        request_id=asker.request_id,
        kind=search.kind,
        query=query,
        rewritten=rewritten(found[0].rewrite),
        route=route,
        versions={one.ranking.catalogue: one.ranking.edition.version for one in found},
        experiment=exposure,
        junk=junk,
        message=_message(junk, len(places), search),
        total=len(places),
        offset=window.offset,
        took_ms=0.0,
        results=results(found, shown, query, window.offset),
        facets=facets,
    )
    response.took_ms = round((time.perf_counter() - asker.started) * 1000, 2)
    return response, shown


def ordered(found: Sequence[Answer], min_score: float, exposure: Exposure | None, user: str) -> list[Place]:
    """All results with at least `min_score`, best first: of one answer, of several together, or of two interleaved.

    Where every answer is junk there are none.
    """
    if all(one.junk for one in found):
        return []
    good = [good_enough(one.ranking, min_score) for one in found]
    if len(found) == 1:
        arm = exposure.arm if exposure else None
        return [Place(0, int(position), arm) for position in good[0].nonzero()[0]]
    if exposure and exposure.mode == "interleave":
        rows = [
            {one.ranking.product_ids[row]: row for row in mask.nonzero()[0]}
            for one, mask in zip(found, good, strict=True)
        ]
        # The same user sees the same order on the next page.
        seed = "\0".join([user, *(next(iter(one), "") for one in rows)])
        drafted = team_draft(list(rows[0]), list(rows[1]), ARMS, len(rows[0]) + len(rows[1]), seed)
        return [
            Place(ARMS.index(team), int(rows[ARMS.index(team)][one]), team)
            for one, team in zip(drafted.product_ids, drafted.teams, strict=True)
        ]
    return [place for place in merged(found) if good[place.answer][place.position]]


def _message(junk: bool, total: int, search: Search) -> str | None:
    if junk:
        return "These seem to be no words that anything here could match; try others."
    if total == 0 and not search.question.filters.is_empty:
        return "Nothing passes these filters; leave one out."
    return None if total else "Nothing was found."

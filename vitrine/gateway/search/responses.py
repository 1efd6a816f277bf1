"""The response to a search, from the answers of catalogues: the order of the results, and one page of them."""

import time
from collections.abc import Sequence

from vitrine.experiments.interleaving import team_draft
from vitrine.gateway.schemas.answers import Exposure, Route, SearchResponse
from vitrine.gateway.schemas.facets import Facets
from vitrine.gateway.schemas.searches import Sort
from vitrine.gateway.search.answering import Answer, Place, best_answer, merge, passing_results
from vitrine.gateway.search.query import Caller, Search
from vitrine.gateway.search.results import constraint, results, rewritten
from vitrine.gateway.search.sorting import sorted_places

ARMS = ("a", "b")


def respond(
    search: Search,
    caller: Caller,
    answers: Sequence[Answer],
    places: Sequence[Place],
    route: Route,
    exposure: Exposure | None,
    facets: Facets | None,
) -> tuple[SearchResponse, Sequence[Place]]:
    """Return the response with one page of the results at `places`, and the places on that page."""
    page, text = search.page, search.query.text
    junk = all(answer.junk for answer in answers)
    shown = places[page.offset : page.offset + page.k]
    response = SearchResponse.model_construct(
        request_id=caller.request_id,
        kind=search.kind,
        query=text,
        rewritten=rewritten(answers[0].rewrite),
        constraints=[constraint(each) for each in answers[0].constraints],
        categories=list(best_answer(answers).categories),
        route=route,
        versions={answer.ranking.catalogue: answer.ranking.version.version for answer in answers},
        diversity={answer.ranking.catalogue: answer.ranking.diversity for answer in answers},
        experiment=exposure,
        junk=junk,
        rules=list(dict.fromkeys(name for answer in answers if answer.effect for name in answer.effect.rules)),
        redirect=next((answer.effect.redirect for answer in answers if answer.effect and answer.effect.redirect), None),
        message=_message(junk, len(places), search, any(answer.constraints for answer in answers)),
        total=len(places),
        offset=page.offset,
        took_ms=0.0,
        results=results(answers, shown, page.offset, page.group),
        facets=facets,
    )
    response.took_ms = round((time.perf_counter() - caller.started) * 1000, 2)
    return response, shown


def ordered(
    answers: Sequence[Answer], min_score: float, sort: Sort, exposure: Exposure | None, user: str
) -> list[Place]:
    """Return all results with at least `min_score`, in the order that is asked for.

    The results are those of one answer, of several answers merged, or of two answers interleaved. If every answer is
    junk there are none.
    """
    if all(answer.junk for answer in answers):
        return []
    places = _by_relevance(answers, min_score, exposure, user)
    return places if sort == "relevance" else sorted_places(answers, places, sort)


def _by_relevance(answers: Sequence[Answer], min_score: float, exposure: Exposure | None, user: str) -> list[Place]:
    masks = [passing_results(answer, min_score) for answer in answers]
    if len(answers) == 1:
        arm = exposure.arm if exposure else None
        return [Place(0, position, arm) for position in answers[0].order.tolist() if masks[0][position]]
    if exposure and exposure.mode == "interleave":
        rows = [
            {answer.ranking.product_ids[row]: row for row in answer.order.tolist() if mask[row]}
            for answer, mask in zip(answers, masks, strict=True)
        ]
        # The order must be the same on the user's next page.
        seed = "\0".join([user, *(next(iter(products), "") for products in rows)])
        drafted = team_draft(list(rows[0]), list(rows[1]), ARMS, len(rows[0]) + len(rows[1]), seed)
        return [
            Place(ARMS.index(team), int(rows[ARMS.index(team)][product_id]), team)
            for product_id, team in zip(drafted.product_ids, drafted.teams, strict=True)
        ]
    return [place for place in merge(answers) if masks[place.answer][place.position]]


def _message(junk: bool, total: int, search: Search, has_constraints: bool) -> str | None:
    if junk and search.kind == "image":
        return "No product here looks like this image; try another image, or describe it in words."
    if junk:
        return "Nothing here matches these words; check the spelling, or try others."
    if total == 0 and not search.query.filters.is_empty:
        return "Nothing passes these filters; leave one out."
    if total == 0 and has_constraints:
        return "Nothing passes what the words about prices and the negations ask for; leave one out."
    return None if total else "Nothing was found."

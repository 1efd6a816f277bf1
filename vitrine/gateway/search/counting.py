"""The number of products that match a query, of which a ranking has only the best."""

import asyncio
from collections.abc import Sequence

import numpy as np

from vitrine.gateway.search.answering import Answer
from vitrine.gateway.search.query import Search
from vitrine.text.analysis import analyse_phrase
from vitrine.text.languages import FUNCTION_TERMS


async def count_matching(search: Search, answers: Sequence[Answer]) -> int | None:
    """Return how many products of all catalogues have all words of the query, and pass its filters.

    Variants of one count once, if they are one result. Words are looked for in titles, brands, colours and categories,
    in any form. The number is None for images and similar products, where everything matches to a degree, for a lowest
    score, and for catalogues that know their queries only.
    """
    interpreted = all(answer.ranking.version.interpreter for answer in answers)
    if search.kind != "text" or search.page.min_score > 0 or not interpreted or all(each.junk for each in answers):
        return None
    return await asyncio.to_thread(
        lambda: sum(_count(answer, search.page.group) for answer in answers if not answer.junk)
    )


def _count(answer: Answer, by_group: bool) -> int:
    version, query = answer.ranking.version, answer.query
    terms = tuple(dict.fromkeys(term for term in analyse_phrase(query.text) if term not in FUNCTION_TERMS))
    passing = version.passing(query.filters, query.excluded)
    masks = [] if passing is None else [passing]
    if terms and version.interpreter:
        masks.append(version.interpreter.words.with_all(terms))
    groups = version.products.groups if by_group else None
    if groups is None:
        return int(np.logical_and.reduce(masks).sum()) if masks else version.products.count
    return len(np.unique(groups.numbers[np.logical_and.reduce(masks)] if masks else groups.numbers))

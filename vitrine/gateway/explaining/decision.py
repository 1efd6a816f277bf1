"""The decision of a text search on one product: the search itself, and the stages that its model explains."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from vitrine.errors import DataError
from vitrine.gateway.backends.backend import string_tensor
from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.product_table import pack_mask
from vitrine.gateway.explaining.changes import needed_changes
from vitrine.gateway.explaining.exclusions import exclusions
from vitrine.gateway.explaining.schemas import Decision, Interpreted, NeededChange, Stages
from vitrine.gateway.explaining.stages import numbers_of, stages
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.search.answering import Answer, answer_from
from vitrine.gateway.search.embedding import embed
from vitrine.gateway.search.query import Search
from vitrine.gateway.search.ranking import Ranking, rank
from vitrine.gateway.search.responses import ordered
from vitrine.gateway.search.results import constraint, rewritten
from vitrine.saved_model.arrays import Outputs

EXPLAIN_TEXT: Final = "explain_text"
ROUNDING: Final = 1e-5
"""Difference of two scores of one product below which they are equal."""


async def decide(catalogue: Catalogue, search: Search, product_id: str, cache: Cache) -> Decision:
    """Search as `search` says, and explain the place of a product in the results.

    Raises:
        DataError: the catalogue does not have the product, its model was built before it could explain, or the
            explanation does not reproduce the search.
        ApiError: the model fails.
    """
    version = catalogue.current
    row = int(version.products.rows([product_id])[0])
    if row < 0:
        raise DataError(f"catalogue {catalogue.name}: has no product {product_id!r}; give a product_id of a result")
    if EXPLAIN_TEXT not in version.signatures:
        raise DataError(
            f"catalogue {catalogue.name}: version {version.version} has no signature {EXPLAIN_TEXT}; run the pipeline "
            "again, or serve a model that finds its candidates itself"
        )
    answer = await answer_from(catalogue, search, cache)
    places = ordered([answer], search.page.min_score, search.page.sort, None, "")
    shown = [answer.ranking.product_ids[place.position] for place in places]
    asked = [product_id, *(each for each in shown[:1] if each != product_id)]
    outputs = await _explained(catalogue, answer, asked, cache)
    _require_equal(answer, asked, outputs)
    own, *others = (
        stages(version, outputs, at, asked[at], shown.index(asked[at]) + 1 if asked[at] in shown else None)
        for at in range(len(asked))
    )
    first = others[0] if others else None
    reasons = exclusions(answer, row)
    return Decision(
        query=search.query.text,
        catalogue=catalogue.name,
        version=version.version,
        diversity=answer.ranking.diversity,
        interpretation=Interpreted(
            searched=answer.query.text,
            rewritten=rewritten(answer.rewrite),
            constraints=[constraint(each) for each in answer.constraints],
            junk=answer.junk,
        ),
        exclusions=reasons,
        total=len(shown),
        product=own,
        first=first,
        decided_by=_decided_by(answer, own, first, reasons),
        changes=await _changes(catalogue, answer, own, first, numbers_of(outputs, 0), reasons, cache),
    )


async def _explained(catalogue: Catalogue, answer: Answer, product_ids: Sequence[str], cache: Cache) -> Outputs:
    """Return the outputs of the signature for some products, [B] each, with the query of the answer."""
    version, query = answer.ranking.version, answer.query
    vectors = await embed(catalogue, version, query, cache)
    count = len(product_ids)
    allowed = pack_mask(version.passing(query.filters, query.excluded))
    inputs = {
        "query": string_tensor(*[query.text] * count),
        "embedding": np.repeat(vectors[0], count, axis=0),
        "allowed": string_tensor(*[allowed] * count),
        "product_id": string_tensor(*product_ids),
    }
    return await catalogue.call(version, EXPLAIN_TEXT, inputs)


def _require_equal(answer: Answer, product_ids: Sequence[str], outputs: Outputs) -> None:
    """Raise DataError if the stages do not give the scores and ranks of the search."""
    ranking = answer.ranking
    for at, product_id in enumerate(product_ids):
        explained = int(outputs["rank"][at])
        found = ranking.product_ids.index(product_id) + 1 if product_id in ranking.product_ids else 0
        difference = abs(float(outputs["score"][at]) - float(ranking.score[found - 1])) if found else 0.0
        # Products of equal scores may change places where the last digits differ.
        is_tied = found and explained and abs(ranking.score[found - 1] - ranking.score[explained - 1]) <= ROUNDING
        if (explained != found and not is_tied) or difference > ROUNDING:
            raise DataError(
                f"the explanation does not reproduce the search for {product_id!r}: rank {explained} and score "
                f"{float(outputs['score'][at]):.6f}, but the search differs by {difference:.6f} at rank {found}; the "
                "index and the model may belong to different runs"
            )


def _decided_by(answer: Answer, own: Stages, first: Stages | None, reasons: Sequence[str]) -> str | None:
    if answer.junk:
        return "junk"
    if reasons:
        return "filters"
    if first is None:
        return None
    if own.candidate.rank is None:
        return "candidates"
    if own.log_odds >= first.log_odds:
        return "diversity" if answer.ranking.diversity else None
    gaps = {part: value - own.parts.get(part, 0.0) for part, value in first.parts.items()}
    return max(gaps, key=lambda part: gaps[part])


def _unconditional(part: str, text: str, product_id: str, ranking: Ranking) -> NeededChange:
    """Return the change to a search without conditions, whose ranking is given."""
    shown = [ranking.product_ids[position] for position in ranking.order.tolist()]
    rank = shown.index(product_id) + 1 if product_id in shown else None
    place = f"it would be number {rank} of {len(shown)}" if rank else "it would still not be found"
    return NeededChange(part=part, suffices=rank == 1, text=f"{text}, {place}")


async def _changes(
    catalogue: Catalogue,
    answer: Answer,
    own: Stages,
    first: Stages | None,
    numbers: Mapping[str, float],
    reasons: Sequence[str],
    cache: Cache,
) -> list[NeededChange]:
    """Return what would make the product the first result: a search without conditions, or another score."""
    ranking = answer.ranking
    if answer.junk:
        return [_unconditional("junk", "in a search anyway", own.product_id, ranking)]
    if reasons:
        free = await rank(catalogue, replace(answer.query, filters=Filters(), excluded=()), cache)
        return [_unconditional("filters", "without these conditions", own.product_id, free)]
    if first is None:
        return []
    if own.log_odds >= first.log_odds:
        text = f"a search with diversity 0 instead of {ranking.diversity:g} orders results by their scores"
        best = own.score >= float(ranking.score.max())
        changed = NeededChange(part="diversity", now=ranking.diversity, needed=0.0, suffices=best, text=text)
        return [changed] if ranking.diversity else []
    return needed_changes(ranking.version.weights, own, numbers, first)

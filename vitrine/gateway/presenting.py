"""From ranked rows to what the API answers."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import numpy as np

from vitrine.gateway.answering import Answer, Place, shown_score
from vitrine.gateway.ranking import Ranking
from vitrine.gateway.schemas import Change, Count, Facets, Product, Result, Rewritten
from vitrine.gateway.why import explain, words_of
from vitrine.labels import LABELS
from vitrine.rewriting.rewrite import Rewrite


def product(catalogue: str, row: dict[str, Any]) -> Product:
    """A product as the API shows it."""
    fields = {name: row[name] for name in ("product_id", "title", "description", "brand", "color", "category", "price")}
    return Product.model_construct(catalogue=catalogue, image_url=_image_url(catalogue, row), **fields)


def _image_url(catalogue: str, row: dict[str, Any]) -> str | None:
    if not row["image"]:
        return None
    return f"/products/{quote(row['product_id'], safe='')}/image?catalogue={quote(catalogue)}"


def results(found: Sequence[Answer], places: Sequence[Place], query: str, offset: int) -> list[Result]:
    """The results at `places`, the first of which has rank `offset` + 1."""
    rows: list[dict[str, Any]] = [{}] * len(places)
    for number, one in enumerate(found):
        mine = [at for at, place in enumerate(places) if place.answer == number]
        ranking = one.ranking
        ids = [ranking.product_ids[places[at].position] for at in mine]
        products = ranking.edition.products.at(ranking.edition.products.rows(ids))
        for at, row in zip(mine, products, strict=True):
            rows[at] = row
    comparable = [one.ranking.comparable for one in found]
    asked = [words_of(f"{query} {one.rewrite.query if one.rewrite else ''}") for one in found]
    return [
        _result(
            found[place.answer].ranking,
            place,
            row,
            asked[place.answer],
            comparable[place.answer][place.position],
            offset + at,
        )
        for at, (place, row) in enumerate(zip(places, rows, strict=True), 1)
    ]


def _result(
    ranking: Ranking, place: Place, row: dict[str, Any], words: list[str], comparable: np.float64, rank: int
) -> Result:
    at = place.position
    esci = ranking.esci[at]
    why = explain(words, row, _number(ranking.by_text[at]), _number(ranking.by_image[at]))
    # Built from our own values: checking each again would cost more than everything else here.
    return Result.model_construct(
        **product(ranking.catalogue, row).__dict__,
        rank=rank,
        score=float(shown_score(ranking.score[at])),
        comparable=round(float(comparable), 4),
        label=LABELS[int(esci.argmax())],
        esci=dict(zip(LABELS[::-1], np.round(esci[::-1].astype(float), 6).tolist(), strict=True)),
        why=why,
        arm=place.arm,
    )


def _number(value: np.float32) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)


def rewritten(rewrite: Rewrite | None) -> Rewritten | None:
    """A rewrite as the API shows it."""
    if rewrite is None:
        return None
    changes = [Change(kind=one.kind, before=one.before, after=one.after) for one in rewrite.changes]
    return Rewritten(query=rewrite.query, source=rewrite.source, changes=changes)


def facets(found: Sequence[Answer], places: Sequence[Place]) -> Facets:
    """Counts of everything at `places`, catalogues put together."""
    parts = []
    for number, one in enumerate(found):
        ids = [one.ranking.product_ids[place.position] for place in places if place.answer == number]
        products = one.ranking.edition.products
        parts.append(products.facets(products.rows(ids)))
    return parts[0] if len(parts) == 1 else _together(parts)


def _together(parts: Sequence[Facets]) -> Facets:
    counted: dict[str, list[Count]] = {}
    for name in ("brand", "color", "category"):
        total: dict[str, int] = {}
        for part in parts:
            for count in getattr(part, name):
                total[count.value] = total.get(count.value, 0) + count.count
        ordered = sorted(total.items(), key=lambda one: -one[1])
        counted[name] = [Count(value=value, count=count) for value, count in ordered]
    lowest = [part.price_min for part in parts if part.price_min is not None]
    highest = [part.price_max for part in parts if part.price_max is not None]
    return Facets(**counted, price_min=min(lowest, default=None), price_max=max(highest, default=None))

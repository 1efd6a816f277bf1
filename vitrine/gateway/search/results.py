"""From ranked rows to what the API answers."""

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from vitrine.gateway.schemas import Change, Product, Result, Rewritten
from vitrine.gateway.search.answering import Answer, Place, shown_score
from vitrine.gateway.search.ranking import Ranking
from vitrine.gateway.search.reasons import explain, words_of
from vitrine.labels import LABELS
from vitrine.rewriting.rewrite import Rewrite


def product(catalogue: str, row: dict[str, Any]) -> Product:
    """A product as the API shows it."""
    return Product(**_shown(catalogue, row))


def _shown(catalogue: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"catalogue": catalogue, **{name: row[name] for name in _FIELDS}, "image_url": _image_url(catalogue, row)}


_FIELDS: Final = ("product_id", "title", "description", "brand", "color", "category", "price")


def _image_url(catalogue: str, row: dict[str, Any]) -> str | None:
    if not row["image"]:
        return None
    return f"/products/{quote(row['product_id'], safe='')}/image?catalogue={catalogue}"


def results(found: Sequence[Answer], places: Sequence[Place], query: str, offset: int) -> list[Result]:
    """The results at `places`, the first of which has rank `offset` + 1."""
    made: dict[int, Result] = {}
    for number, one in enumerate(found):
        mine = [at for at, place in enumerate(places) if place.answer == number]
        words = words_of(f"{query} {one.rewrite.query if one.rewrite else ''}")
        positions = np.array([places[at].position for at in mine], dtype=np.int64)
        for at, values in zip(mine, _values(one.ranking, positions, words), strict=True):
            made[at] = Result(**values, rank=offset + at + 1, arm=places[at].arm)
    return [made[at] for at in range(len(places))]


def _values(ranking: Ranking, positions: npt.NDArray[np.int64], words: list[str]) -> Iterator[dict[str, Any]]:
    """What there is to say of the products at `positions` of a ranking, found with `words`."""
    products, scores, esci = ranking.edition.products, ranking.score[positions], ranking.esci[positions]
    rows = products.at(products.rows(ranking.product_ids[position] for position in positions.tolist()))
    columns = zip(
        rows,
        shown_score(scores).tolist(),
        ranking.comparable[positions].round(4).tolist(),
        esci.argmax(axis=1).tolist(),
        esci[:, ::-1].astype(float).round(6).tolist(),
        ranking.by_text[positions].astype(float).round(3).tolist(),
        ranking.by_image[positions].astype(float).round(3).tolist(),
        strict=True,
    )
    for row, score, comparable, likeliest, probabilities, by_text, by_image in columns:
        yield {
            **_shown(ranking.catalogue, row),
            "score": score,
            "comparable": comparable,
            "label": LABELS[likeliest],
            "esci": dict(zip(LABELS[::-1], probabilities, strict=True)),
            "why": explain(words, row, _number(by_text), _number(by_image)),
        }


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def rewritten(rewrite: Rewrite | None) -> Rewritten | None:
    """A rewrite as the API shows it."""
    if rewrite is None:
        return None
    changes = [Change(kind=one.kind, before=one.before, after=one.after) for one in rewrite.changes]
    return Rewritten(query=rewrite.query, source=rewrite.source, changes=changes)

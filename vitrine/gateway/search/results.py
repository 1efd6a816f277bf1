"""Results as the API returns them, from ranked rows."""

from collections.abc import Iterator, Sequence
from math import isnan
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from vitrine.gateway.catalogue.product_table import ATTRIBUTES
from vitrine.gateway.schemas import Change, Product, Result, Rewritten
from vitrine.gateway.search.answering import Answer, Place, rounded_score
from vitrine.gateway.search.ranking import Ranking
from vitrine.gateway.search.reasons import explain, lowercase_words
from vitrine.labels import LABELS
from vitrine.rewriting.rewrite import Rewrite


def product(catalogue: str, row: dict[str, Any]) -> Product:
    """Return a product of a catalogue as the API shows it."""
    return Product(**_product_fields(catalogue, row))


def _product_fields(catalogue: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"catalogue": catalogue, **{name: row[name] for name in _FIELDS}, "image_url": _image_url(catalogue, row)}


_FIELDS: Final = (
    "product_id", "title", "description", "brand", "color", "category", "price", "stock", "popularity", ATTRIBUTES,
)  # fmt: skip


def _image_url(catalogue: str, row: dict[str, Any]) -> str | None:
    if not row["image"]:
        return None
    return f"/products/{quote(row['product_id'], safe='')}/image?catalogue={catalogue}"


def results(answers: Sequence[Answer], places: Sequence[Place], query: str, offset: int) -> list[Result]:
    """Return the results at `places`, the first of which has rank `offset` + 1."""
    by_index: dict[int, Result] = {}
    for number, answer in enumerate(answers):
        indices = [index for index, place in enumerate(places) if place.answer == number]
        words = lowercase_words(f"{query} {answer.rewrite.query if answer.rewrite else ''}")
        positions = np.array([places[index].position for index in indices], dtype=np.int64)
        for index, values in zip(indices, _values(answer.ranking, positions, words), strict=True):
            by_index[index] = Result(**values, rank=offset + index + 1, arm=places[index].arm)
    return [by_index[index] for index in range(len(places))]


def _values(ranking: Ranking, positions: npt.NDArray[np.int64], words: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the fields of the products at `positions` of a ranking for a query's `words`."""
    products, scores, esci = ranking.version.products, ranking.score[positions], ranking.esci[positions]
    rows = products.at(products.rows(ranking.product_ids[position] for position in positions.tolist()))
    columns = zip(
        rows,
        rounded_score(scores).tolist(),
        ranking.comparable[positions].round(4).tolist(),
        esci.argmax(axis=1).tolist(),
        esci[:, ::-1].astype(float).round(6).tolist(),
        ranking.by_text[positions].astype(float).round(3).tolist(),
        ranking.by_image[positions].astype(float).round(3).tolist(),
        strict=True,
    )
    for row, score, comparable, label, probabilities, by_text, by_image in columns:
        yield {
            **_product_fields(ranking.catalogue, row),
            "score": score,
            "comparable": comparable,
            "label": LABELS[label],
            "esci": dict(zip(LABELS[::-1], probabilities, strict=True)),
            "why": explain(words, row, _null_if_nan(by_text), _null_if_nan(by_image)),
        }


def _null_if_nan(value: float) -> float | None:
    return None if isnan(value) else value


def rewritten(rewrite: Rewrite | None) -> Rewritten | None:
    """Return a rewrite as the API shows it."""
    if rewrite is None:
        return None
    changes = [Change(kind=change.kind, before=change.before, after=change.after) for change in rewrite.changes]
    return Rewritten(query=rewrite.query, source=rewrite.source, changes=changes)

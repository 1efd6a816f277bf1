"""Results as the API returns them, from ranked rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import isnan
from urllib.parse import quote

import numpy as np

from vitrine.gateway import schemas
from vitrine.gateway.catalogue.product_table import ProductColumns, ProductRow
from vitrine.gateway.schemas import Change, Placement, Product, Result, Rewritten
from vitrine.gateway.search.answering import Answer, Place, rounded_score
from vitrine.gateway.search.badges import asked_categories, badge
from vitrine.gateway.search.ranking import Ranking
from vitrine.gateway.search.reasons import explain, text_of
from vitrine.interpretation.constraint import Constraint, Exclusion, PriceBound
from vitrine.labels import LABELS
from vitrine.rewriting.rewrite import Rewrite


class ProductFields(ProductColumns):
    """The fields of `Product`."""

    catalogue: str
    image_url: str | None


def product(catalogue: str, row: ProductRow) -> Product:
    """Return a product of a catalogue as the API shows it."""
    return Product(**_product_fields(catalogue, row))


def _product_fields(catalogue: str, row: ProductRow) -> ProductFields:
    image_url = f"/products/{quote(row['product_id'], safe='')}/image?catalogue={catalogue}" if row["image"] else None
    return {
        "catalogue": catalogue,
        "product_id": row["product_id"],
        "title": row["title"],
        "description": row["description"],
        "brand": row["brand"],
        "color": row["color"],
        "category": row["category"],
        "category_predicted": row["category_predicted"],
        "price": row["price"],
        "stock": row["stock"],
        "popularity": row["popularity"],
        "attributes": row["attributes"],
        "image_url": image_url,
    }


def results(answers: Sequence[Answer], places: Sequence[Place], offset: int) -> list[Result]:
    """Return the results at `places`, the first of which has rank `offset` + 1."""
    by_index: dict[int, Result] = {}
    for number, answer in enumerate(answers):
        indices = [index for index, place in enumerate(places) if place.answer == number]
        queries = (answer.asked, answer.query.text)
        ranks, chosen = [offset + index + 1 for index in indices], [places[index] for index in indices]
        placed = answer.effect.placements if answer.effect else {}
        about = asked_categories(answer.query.filters.category, answer.categories)
        by_index |= zip(indices, _results(answer.ranking, ranks, chosen, queries, placed, about), strict=True)
    return [by_index[index] for index in range(len(places))]


def _results(
    ranking: Ranking,
    ranks: list[int],
    places: list[Place],
    queries: tuple[str, str],
    placed: Mapping[int, Placement],
    about: Collection[str],
) -> Iterator[Result]:
    """Yield the results at `places` of a ranking for a query as it was asked and as it was rewritten.

    `about` are the categories that it asks for, if they are known.
    """
    positions = np.array([place.position for place in places], dtype=np.int64)
    products, scores, esci = ranking.version.products, ranking.score[positions], ranking.esci[positions]
    rows = products.at(products.rows(ranking.product_ids[position] for position in positions.tolist()))
    columns = zip(
        ranks,
        places,
        rows,
        ranking.version.matcher.matched(queries, [text_of(row) for row in rows]),
        rounded_score(scores).tolist(),
        ranking.comparable[positions].round(4).tolist(),
        esci.argmax(axis=1).tolist(),
        esci[:, ::-1].astype(float).round(6).tolist(),
        ranking.by_text[positions].astype(float).round(3).tolist(),
        ranking.by_image[positions].astype(float).round(3).tolist(),
        strict=True,
    )
    for rank, place, row, words, score, comparable, label, probabilities, by_text, by_image in columns:
        yield Result(
            **_product_fields(ranking.catalogue, row),
            rank=rank,
            score=score,
            comparable=comparable,
            label=LABELS[label],
            badge=badge(LABELS[label], max(probabilities), row["category"], about),
            esci=dict(zip(LABELS[::-1], probabilities, strict=True)),
            why=explain(words, _null_if_nan(by_text), _null_if_nan(by_image)),
            arm=place.arm,
            placed=placed.get(place.position),
        )


def _null_if_nan(value: float) -> float | None:
    return None if isnan(value) else value


def constraint(found: Constraint) -> schemas.Constraint:
    """Return a constraint as the API shows it."""
    if isinstance(found, Exclusion):
        return schemas.Constraint(words=found.words, kind="exclusion", field=found.field, value=found.value)
    low, high = (found.minimum, found.maximum) if isinstance(found, PriceBound) else (None, None)
    return schemas.Constraint(words=found.words, kind="price", price_min=low, price_max=high)


def rewritten(rewrite: Rewrite | None) -> Rewritten | None:
    """Return a rewrite as the API shows it."""
    if rewrite is None:
        return None
    changes = [Change(kind=change.kind, before=change.before, after=change.after) for change in rewrite.changes]
    return Rewritten(query=rewrite.query, source=rewrite.source, changes=changes)

"""Results as the API returns them, from ranked rows."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from vitrine.gateway.catalogue.product_row import ProductColumns, ProductRow
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.schemas.answers import Change, Rewritten
from vitrine.gateway.schemas.answers import Constraint as ConstraintBody
from vitrine.gateway.schemas.products import MAX_VARIANTS, GroupedProduct, Product, Result
from vitrine.gateway.search.answering import Answer, Place, rounded_score
from vitrine.gateway.search.badges import asked_categories, badge
from vitrine.gateway.search.reasons import explain, text_of
from vitrine.interpretation.constraint import Constraint, Exclusion, PriceBound
from vitrine.labels import LABELS
from vitrine.rewriting.rewrite import Rewrite


class ProductFields(ProductColumns):
    """The fields of `Product`."""

    catalogue: str
    image_url: str | None


def product(catalogue: str, products: ProductTable, row: int) -> GroupedProduct:
    """Return the product in a row of a catalogue as the API shows it, with its variants."""
    (fields,), ((variants, count),) = products.at([row]), _variants(catalogue, products, [row])
    return GroupedProduct(**_product_fields(catalogue, fields), variants=variants, variant_count=count)


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
        "currency": row["currency"],
        "attributes": row["attributes"],
        "units": row["units"],
        "image_url": image_url,
    }


def results(answers: Sequence[Answer], places: Sequence[Place], offset: int, with_variants: bool) -> list[Result]:
    """Return the results at `places`, the first of which has rank `offset` + 1, with or without their variants."""
    by_index: dict[int, Result] = {}
    for number, answer in enumerate(answers):
        indices = [index for index, place in enumerate(places) if place.answer == number]
        queries = (answer.asked, answer.query.text)
        ranks, chosen = [offset + index + 1 for index in indices], [places[index] for index in indices]
        by_index |= zip(indices, _results(answer, ranks, chosen, queries, with_variants), strict=True)
    return [by_index[index] for index in range(len(places))]


def _results(
    answer: Answer, ranks: list[int], places: list[Place], queries: tuple[str, str], with_variants: bool
) -> Iterator[Result]:
    """Yield the results at `places` of an answer to a query as it was asked and as it was rewritten."""
    ranking, effect = answer.ranking, answer.effect
    placed = effect.placements if effect else {}
    shifts = effect.shifts if effect else {}
    about = asked_categories(answer.query.filters.category, answer.categories)
    positions = np.array([place.position for place in places], dtype=np.int64)
    products, scores, esci = ranking.version.products, ranking.score[positions], ranking.esci[positions]
    numbers = products.rows(ranking.product_ids[position] for position in positions.tolist())
    rows = products.at(numbers)
    variants = _variants(ranking.catalogue, products, numbers.tolist()) if with_variants else [([], 1)] * len(numbers)
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
        variants,
        strict=True,
    )
    for rank, place, row, words, score, comparable, label, probabilities, by_text, by_image, (others, count) in columns:
        yield Result(
            **_product_fields(ranking.catalogue, row),
            rank=rank,
            score=score,
            comparable=comparable,
            label=LABELS[label],
            badge=badge(LABELS[label], max(probabilities), row["category"], about),
            esci=dict(zip(LABELS[::-1], probabilities, strict=True)),
            why=explain(words, _null_if_nan(by_text), _null_if_nan(by_image), _moved(shifts, place.position)),
            arm=place.arm,
            placed=placed.get(place.position),
            variants=others,
            variant_count=count,
        )


def _variants(catalogue: str, products: ProductTable, rows: Sequence[int]) -> list[tuple[list[Product], int]]:
    """Return the other variants of the products in `rows`, at most `MAX_VARIANTS`, and how many there are of each."""
    if products.groups is None:
        return [([], 1)] * len(rows)
    found = []
    for row in rows:
        variants = products.variants(row)
        others = products.at(variants[variants != row][:MAX_VARIANTS])
        found.append(([Product(**_product_fields(catalogue, each)) for each in others], len(variants)))
    return found


def _moved(shifts: Mapping[str, npt.NDArray[np.float64]], position: int) -> dict[str, float]:
    """Return what each modifier has moved a product by."""
    return {name: round(float(shift[position]), 4) for name, shift in shifts.items()}


def _null_if_nan(value: float) -> float | None:
    return None if isnan(value) else value


def constraint(found: Constraint) -> ConstraintBody:
    """Return a constraint as the API shows it."""
    if isinstance(found, Exclusion):
        return ConstraintBody(words=found.words, kind="exclusion", field=found.field, value=found.value)
    low, high = (found.minimum, found.maximum) if isinstance(found, PriceBound) else (None, None)
    return ConstraintBody(words=found.words, kind="price", price_min=low, price_max=high)


def rewritten(rewrite: Rewrite | None) -> Rewritten | None:
    """Return a rewrite as the API shows it."""
    if rewrite is None:
        return None
    changes = [Change(kind=change.kind, before=change.before, after=change.after) for change in rewrite.changes]
    return Rewritten(query=rewrite.query, source=rewrite.source, changes=changes)

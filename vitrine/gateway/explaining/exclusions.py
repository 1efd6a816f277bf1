"""The reasons that a search may not show a product: its filters, the query's constraints, and hidden products."""

from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.search.answering import Answer
from vitrine.interpretation.catalogue_words import excluded_by_description
from vitrine.interpretation.constraint import Constraint, Exclusion, PriceBound


def exclusions(answer: Answer, row: int) -> list[str]:
    """Return a reason for each condition that the product in `row` does not meet."""
    version = answer.ranking.version
    products, (product,) = version.products, version.products.at([row])
    reasons = []
    if products.row(product["product_id"]) is None:
        reasons.append("the shop hides it")
    reasons += [text for each in answer.constraints if (text := _excluded_by(answer, each, row))]
    filters, known = answer.query.filters, products.mask(answer.query.filters)
    if not reasons and known is not None and not known[row]:
        reasons += [f"the filter {name}" for name in filters.active_fields()] + ["the stock"] * filters.in_stock
    return reasons


def _excluded_by(answer: Answer, constraint: Constraint, row: int) -> str | None:
    """Return the reason that a constraint excludes the product, or None if it does not."""
    version = answer.ranking.version
    (product,) = version.products.at([row])
    if isinstance(constraint, PriceBound):
        bound = Filters.model_construct(
            brand=[],
            category=[],
            color=[],
            price_min=constraint.minimum,
            price_max=constraint.maximum,
            in_stock=False,
            attributes={},
        )
        passing = version.products.mask(bound)
        price = "no price" if product["price"] is None else f"the price {product['price']:g}"
        return None if passing is None or passing[row] else f"“{constraint.words}”: it has {price}"
    if isinstance(constraint, Exclusion) and version.interpreter is not None:
        by_value = version.interpreter.words.excluded(constraint.field, constraint.terms)[row]
        by_text = excluded_by_description([product["description"]], (constraint,))[0]
        return f"“{constraint.words}”: it has “{constraint.value}”" if by_value or by_text else None
    return None

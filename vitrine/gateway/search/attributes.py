"""The attributes that a request filters and sorts by, compared with those that a catalogue declares."""

from typing import Final

import numpy as np

from vitrine.data.columns import POPULARITY, PRICE
from vitrine.gateway.catalogue.attribute_columns import WANTED
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.schemas.searches import Sort
from vitrine.saved_model.status import ApiError

NEWEST: Final = "newest"


def check_attributes(catalogue: str, products: ProductTable, filters: Filters, sort: Sort) -> None:
    """Refuse filters and orders that a catalogue's attributes do not have.

    Raises:
        ApiError: An attribute is not declared, or cannot be filtered or sorted by like this.
    """
    known = products.attributes
    for name, condition in filters.attributes.items():
        if name not in known:
            raise _refused(f"filters.attributes.{name}: {_declared(catalogue, products)}")
        if not known[name].accepts(condition):
            kind = known[name].attribute.type
            raise _refused(f"filters.attributes.{name}: it is a {kind}, which {WANTED[kind]}")
    if sort == NEWEST and products.newest is None:
        raise _refused(f"sort: catalogue {catalogue} declares no time as the newest; see data.attributes")
    name = sort.partition(":")[0] if ":" in sort else ""
    if name and name not in (*known, PRICE, POPULARITY):
        raise _refused(f"sort: {name}: {_declared(catalogue, products)}")
    if name in known and known[name].sort_keys(np.zeros(0, np.int64)) is None:
        raise _refused(f"sort: {name} is a {known[name].attribute.type}, which has no order")


def _declared(catalogue: str, products: ProductTable) -> str:
    names = ", ".join(f"{name} ({column.attribute.type})" for name, column in products.attributes.items())
    return f"catalogue {catalogue} has no such attribute; it has {names or 'none'}"


def _refused(message: str) -> ApiError:
    return ApiError("INVALID_ARGUMENT", message, 422)

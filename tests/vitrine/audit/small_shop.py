"""A small shop: thirty products of two categories, and an engine that finds them by the words of their titles."""

from collections.abc import Sequence

import pyarrow as pa

from vitrine.audit.data import AuditData
from vitrine.audit.target import TOP, Answer, Hit

EXACT = {"I": 0.0, "C": 0.0, "S": 0.0, "E": 1.0}
IRRELEVANT = {"I": 1.0, "C": 0.0, "S": 0.0, "E": 0.0}
JUDGED = ("mug", "red mug", "mug for women", "mug for men", "scarf", "red scarf", "scarf for women", "scarf for men")


def products() -> pa.Table:
    rows = [
        {
            "product_id": f"p{number:02}",
            "title": f"{('red', 'blue', 'green')[number % 3]} {('mug', 'scarf')[number % 2]} {number}",
            "description": "for women" if number == 0 else "",
            "brand": "Dunwick" if number < 24 else "Arvelle",
            "color": "",
            "category": ("mug", "scarf")[number % 2],
            "image": "" if number % 5 == 0 else f"p{number}.png",
            "price": float(10 + number),
        }
        for number in range(30)
    ]
    return pa.Table.from_pylist(rows)


def judgements(queries: Sequence[str] = JUDGED, first: int = 0) -> pa.Table:
    """Judge every product for every query: those of the category that it names are exact."""
    rows = [
        {
            "query_id": f"q{first + number}",
            "query": query,
            "product_id": product["product_id"],
            "esci_label": "E" if product["category"] in query else "I",
            "source": "",
        }
        for number, query in enumerate(queries)
        for product in products().to_pylist()
    ]
    return pa.Table.from_pylist(rows)


def data(**changes: pa.Table | None) -> AuditData:
    return AuditData(**{"products": products(), "held_out": judgements(), **changes})


class Shop:
    """An engine that shows all products of a query's category; it refuses queries with a word of `refuses`."""

    name = "shop"
    searches_images = False

    def __init__(self, refuses: Sequence[str] = (), prefers: str = "") -> None:
        self._refuses, self._prefers = refuses, prefers
        self._products = products().to_pylist()

    def search(self, queries: Sequence[str], k: int = TOP) -> list[Answer]:
        return [self._answer(query.split(), k) for query in queries]

    def search_images(self, images: Sequence[bytes], k: int = TOP) -> list[Answer]:
        raise NotImplementedError

    def _answer(self, words: Sequence[str], k: int) -> Answer:
        if set(words).intersection(self._refuses):
            return Answer((), refused=True)
        found = [product for product in self._products if product["category"] in words]
        found.sort(key=lambda product: product["brand"] != self._prefers)
        return Answer(
            tuple(
                Hit(each["product_id"], each["title"], 0.5, EXACT, each["brand"], "", each["category"], each["price"])
                for each in found[:k]
            )
        )

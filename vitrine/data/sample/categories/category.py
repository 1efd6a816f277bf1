"""The description of a product category."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A product category and its words.

    `names` are the words for it, the canonical name first. A purpose completes "something to …" and fits this category
    alone. Names and purposes are unique over all categories, so that a query's words identify the category. `price` is
    the range in whole currency units. Products of a category that is not `patterned` have one colour.
    """

    names: tuple[str, ...]
    purposes: tuple[str, ...]
    materials: tuple[str, ...]
    sizes: tuple[str, ...]
    price: tuple[int, int]
    patterned: bool = True

    @property
    def name(self) -> str:
        """The canonical name, the value of the catalogue's column `category`."""
        return self.names[0]

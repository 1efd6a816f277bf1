"""What the sample knows about one product category."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A category and its words.

    `names` holds what people call it, the canonical name first. A purpose completes "something to …" and means this
    category alone. Names and purposes are unique over all categories, so that a query's words say what it asks for.
    `price` is the range in whole currency units. A category that is not `patterned` is always in one colour.
    """

    names: tuple[str, ...]
    purposes: tuple[str, ...]
    materials: tuple[str, ...]
    sizes: tuple[str, ...]
    price: tuple[int, int]
    patterned: bool = True

    @property
    def name(self) -> str:
        """The canonical name: what the catalogue's `category` column says."""
        return self.names[0]

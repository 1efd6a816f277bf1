"""A form in which people write a query: a change of its text."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Rewrite = Callable[[str, np.random.Generator], str | None]
"""Return the query in another form; None if it has no such form. The generator decides where there is a choice."""


@dataclass(frozen=True)
class Kind:
    """A form of queries. `name` is part of the figures' keys, `title` is for people, `rewrite` changes one query."""

    name: str
    title: str
    rewrite: Rewrite

    def apply(self, queries: list[str], seed: int) -> list[str | None]:
        """Return each query in this form, or None where it has none or is the same."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        changed = [self.rewrite(query, rng) for query in queries]
        return [None if new == old else new for new, old in zip(changed, queries, strict=True)]


def pick(options: list[int], rng: np.random.Generator) -> int:
    """Choose one of several positions, all equally likely."""
    return options[int(rng.integers(len(options)))]

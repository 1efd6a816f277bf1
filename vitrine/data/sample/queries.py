"""Sample queries in natural language, each made from a product that is an exact answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.data.contract.splits import normalise, position
from vitrine.data.sample.attributes import PATTERN, PLAIN
from vitrine.data.sample.categories import CATEGORY
from vitrine.data.sample.label_rules import Traits
from vitrine.data.sample.phrases import colour_word, mistype, noun, noun_phrase, pick, with_article
from vitrine.data.sample.products import Product
from vitrine.data.sample.settings import SampleSettings, generator
from vitrine.errors import ConfigError

_KINDS: Final[tuple[tuple[float, bool, tuple[str, ...]], ...]] = (
    # (weight, by purpose, requested attributes)
    (0.24, False, ("colour", "pattern")),
    (0.23, False, ("colour",)),
    (0.10, False, ("pattern",)),
    (0.06, False, ()),
    (0.08, True, ()),
    (0.06, True, ("colour",)),
    (0.04, True, ("pattern",)),
    (0.05, False, ("material",)),
    (0.06, False, ("colour", "material")),
    (0.04, False, ("brand",)),
    (0.03, False, ("brand", "colour")),
    (0.01, False, ("size",)),
)
_WEIGHTS: Final = np.array([weight for weight, _, _ in _KINDS]) / sum(weight for weight, _, _ in _KINDS)

_FRAMES: Final = ("looking for {}", "i need {}", "where can i buy {}", "{} as a gift", "show me {}")
_TYPOS: Final = 0.04
_ATTEMPTS: Final = 1000


@dataclass(frozen=True)
class Query:
    """A query: its text, the requested traits, the index of the product it was made from, and its split."""

    query_id: str
    text: str
    requested: Traits
    anchor: int
    split: str


def make_queries(products: Sequence[Product], settings: SampleSettings) -> Iterator[Query]:
    """Yield the queries of a sample, with different texts.

    The combination (category, colour, pattern) of a query decides its split, so that no combination, and therefore no
    text, is in both splits.

    Raises:
        ConfigError: there are not enough products for so many different queries.

    """
    texts: set[str] = set()
    for index in range(settings.queries):
        held_out = int((index + 1) * settings.queries_in_eval) > int(index * settings.queries_in_eval)
        for attempt in range(_ATTEMPTS):
            rng = generator(settings, "query", index, attempt)
            anchor = int(rng.integers(len(products)))
            by_purpose, requested = _requested_traits(products[anchor], rng)
            if requested is None or is_held_out(requested, settings) != held_out:
                continue
            text = _text(requested, by_purpose, rng)
            if normalise(text) not in texts:
                break
        else:
            raise ConfigError(
                f"--queries {settings.queries}: only {index} different ones could be made from {len(products)} "
                "products; ask for fewer, or for more --products"
            )
        texts.add(normalise(text))
        yield Query(f"q{index:05d}", text, requested, anchor, "eval" if held_out else "train")


def is_held_out(requested: Traits, settings: SampleSettings) -> bool:
    """Return whether queries with this combination of category, colour and pattern belong to the eval split."""
    combination = f"{requested.category}|{requested.colour}|{requested.pattern}"
    return position(combination, f"sample {settings.seed}") < settings.queries_in_eval


def _requested_traits(product: Product, rng: np.random.Generator) -> tuple[bool, Traits | None]:
    """Choose a kind of query and the product's traits for it; None where the product does not show them."""
    _, by_purpose, names = _KINDS[int(rng.choice(len(_KINDS), p=_WEIGHTS))]
    traits = product.traits
    if not product.shown.issuperset(names) or any(getattr(traits, name) is None for name in names):
        return by_purpose, None
    if "pattern" in names and traits.pattern == PLAIN and rng.random() < 0.5:
        return by_purpose, None  # people seldom ask for a plain thing
    return by_purpose, Traits(traits.category, **{name: getattr(traits, name) for name in names})


def _text(requested: Traits, by_purpose: bool, rng: np.random.Generator) -> str:
    if by_purpose:
        text = _by_purpose(requested, rng)
    else:
        text = noun_phrase(noun(requested.category, rng), requested.colour, requested.pattern, requested.material, rng)
        if requested.size:
            text = f"{text} {requested.size}"
        if requested.brand:
            text = f"{requested.brand} {text}" if rng.random() < 0.5 else f"{text} by {requested.brand}"
        if rng.random() < 0.22:
            text = pick(_FRAMES, rng).format(with_article(text))
    if rng.random() < 0.8:
        text = text.lower()
    return mistype(text, rng) if rng.random() < _TYPOS else text


def _by_purpose(requested: Traits, rng: np.random.Generator) -> str:
    looks = []
    if requested.colour:
        looks.append(colour_word(requested.colour, rng))
    if requested.pattern:
        looks.append(pick(PATTERN[requested.pattern].adjectives, rng))
    purpose = pick(CATEGORY[requested.category].purposes, rng)
    if looks or rng.random() < 0.6:
        return " ".join(["something", *looks, "to", purpose])
    return pick(("what can i use to {}", "i want to {}", "a thing to {}"), rng).format(purpose)

"""The catalogue's text: titles and descriptions in varied wording, with synonyms and typing errors."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.data.sample.attributes import COLOURS, PATTERN
from vitrine.data.sample.categories import CATEGORY
from vitrine.data.sample.label_rules import Traits, complements
from vitrine.data.sample.phrases import colour_word, mistype, noun, noun_phrase, pick, with_article

_IN_TITLE: Final = {"colour": 0.85, "pattern": 0.8, "material": 0.6, "brand": 0.5, "size": 0.45}
"""Probability that the title has an attribute; otherwise, the description or a column has it."""

_REPEATED: Final = 0.4
"""Probability that the description repeats an attribute of the title in other words."""

_TYPOS: Final = 0.07
"""Share of titles, and of descriptions, with a typing error."""

_SENTENCES: Final = {
    "purpose": ("Made to {}.", "Something to {}.", "Right for anyone who wants to {}.", "Nice to {}."),
    "material": ("Made of {}.", "Material: {}.", "We chose {} for it.", "All in {}."),
    "size": ("Size: {}.", "Measures {}.", "Comes as {}."),
    "pattern": ("The look: {}.", "The design is {}.", "{} all over."),
    "pairing": ("Goes well with {}.", "Often bought together with {}.", "Do you have {} for it?"),
    "others": ("Also sold in {} and {}.", "Other colours: {}, {}.", "There are {} and {} ones, too."),
}
_CLOSING: Final = (
    "Packed without plastic.", "A gift that stays.", "Two years of guarantee.", "Easy to clean.", "New this season.",
    "Sent within two days.", "From a small workshop.", "Back in stock.", "Loved by our customers.",
)  # fmt: skip


@dataclass(frozen=True)
class ProductText:
    """A product's text columns in the catalogue."""

    title: str
    description: str
    brand: str
    color: str
    category: str


def describe(traits: Traits, mentioned: frozenset[str], has_image: bool, rng: np.random.Generator) -> ProductText:
    """Write a product's text that mentions each attribute in `mentioned` somewhere, and no others."""
    known = {name: getattr(traits, name) for name in _IN_TITLE if name in mentioned and getattr(traits, name)}
    titled = {name: value for name, value in known.items() if rng.random() < _IN_TITLE[name]}
    described = {name: value for name, value in known.items() if name not in titled or rng.random() < _REPEATED}
    color = ""
    if "colour" in known and ("colour" not in titled or rng.random() < 0.7):
        color = colour_word(known["colour"], rng)
    return ProductText(
        title=_title(traits.category, titled, rng),
        description=_description(traits, described, has_image, rng),
        brand=known.get("brand", ""),
        color=color,
        category=traits.category,
    )


def minimal_text(traits: Traits, number: int, rng: np.random.Generator) -> ProductText:
    """Write the text of a product that names its category at most, so that the image has to show it."""
    title = pick(("Item {}", "Article no. {}", f"{traits.category[:3].upper()}-{{}}"), rng).format(number)
    return ProductText(title, "", "", "", traits.category)


def _title(category: str, values: dict[str, str], rng: np.random.Generator) -> str:
    title = noun_phrase(noun(category, rng), values.get("colour"), values.get("pattern"), values.get("material"), rng)
    if rng.random() < _TYPOS:
        title = mistype(title, rng)
    style = rng.random()
    if style < 0.5:
        title = " ".join(word[:1].upper() + word[1:] for word in title.split(" "))
    elif style < 0.85:
        title = title[:1].upper() + title[1:]
    if "brand" in values:
        title = f"{values['brand']} {title}" if rng.random() < 0.6 else f"{title} by {values['brand']}"
    if "size" in values:
        title = pick(("{}, {}", "{} ({})", "{} - {}"), rng).format(title, values["size"])
    return title


def _description(traits: Traits, values: dict[str, str], has_image: bool, rng: np.random.Generator) -> str:
    category = CATEGORY[traits.category]
    sentences = []
    for name in ("material", "size", "pattern"):
        if name in values:
            value = values[name] if name != "pattern" else pick(PATTERN[values[name]].adjectives, rng)
            sentences.append(_sentence(name, rng, value))
    if rng.random() < 0.75:
        sentences.append(_sentence("purpose", rng, pick(category.purposes, rng)))
    partners = complements(traits.category)
    if partners and rng.random() < 0.18:
        sentences.append(_sentence("pairing", rng, with_article(noun(pick(partners, rng), rng))))
    if has_image and rng.random() < 0.14:
        others = [colour.name for colour in COLOURS if colour.name != traits.colour]
        sentences.append(_sentence("others", rng, *rng.choice(others, 2, replace=False)))
    if rng.random() < 0.45 or not sentences:
        sentences.append(pick(_CLOSING, rng))
    text = " ".join(sentences[position] for position in rng.permutation(len(sentences)))
    return mistype(text, rng) if rng.random() < _TYPOS else text


def _sentence(kind: str, rng: np.random.Generator, *words: str) -> str:
    text = pick(_SENTENCES[kind], rng).format(*words)
    return text[:1].upper() + text[1:]

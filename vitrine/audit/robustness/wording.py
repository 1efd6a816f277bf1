"""Other words for the same wish: number, compounds, slang, order, whole sentences, units."""

import re
from collections.abc import Collection
from functools import cache
from typing import Final

import numpy as np

from vitrine.audit.robustness.kind import Kind, pick

ENDS_HEAD: Final = frozenset(["with", "without", "in", "as", "to", "for", "of", "from", "by", "at", "on", "and"])
"""Words behind the noun that a query is about."""
SENTENCE: Final = re.compile(
    r"\b(?:i|you|me|my|what|where|which|can|buy|looking|something|need|want|to|for)\b", re.IGNORECASE
)
"""Words of queries that are sentences already, or that name no thing."""
SHORTEST_HALF: Final = 3

_IRREGULAR: Final = {
    "man": "men", "woman": "women", "child": "children", "foot": "feet", "knife": "knives", "scarf": "scarves",
    "shelf": "shelves", "half": "halves", "leaf": "leaves", "mouse": "mice", "tooth": "teeth", "person": "people",
}  # fmt: skip
_REGULAR_SINGULAR: Final = {plural: singular for singular, plural in _IRREGULAR.items()}
_SLANG: Final = {
    "t-shirt": "tee", "tee": "tshirt", "sweater": "jumper", "jumper": "sweater", "sneakers": "kicks",
    "trainers": "kicks",
    "sunglasses": "shades", "sunnies": "sunglasses", "umbrella": "brolly", "bicycle": "bike", "bike": "bicycle",
    "television": "tv", "tv": "telly", "phone": "fone", "photo": "pic", "picture": "pic", "with": "w/",
    "without": "w/o",
    "and": "&", "for": "4", "to": "2", "you": "u", "something": "smth", "black": "blk", "white": "wht",
    "yellow": "yllw",
    "large": "lg", "small": "sm", "medium": "med", "extra": "xtra", "women": "womens", "mens": "men",
    "womens": "ladies",
    "pants": "trousers", "case": "cover", "laptop": "notebook", "headphones": "cans", "backpack": "rucksack",
    "refrigerator": "fridge", "fridge": "refrigerator", "microwave": "micro", "christmas": "xmas", "playstation": "ps",
    "sofa": "couch", "couch": "sofa", "necklace": "chain", "wireless": "cordless",
}  # fmt: skip
"""Short and colloquial forms, each a word that shoppers type for the other."""
_FRAMES: Final = (
    "I am looking for {}", "do you have {} please", "can you show me {} in your shop", "I want to buy {} for my sister",
    "hi, I need {} as soon as possible", "which {} would you recommend",
)  # fmt: skip
_LONG_UNITS: Final = {
    "cm": "centimetres", "mm": "millimetres", "m": "metres", "inch": "inches", "in": "inches", "ft": "feet",
    "ml": "millilitres",
    "l": "litres", "oz": "ounces", "g": "grams", "kg": "kilograms", "lb": "lbs", "w": "watts", "gb": "gigabytes",
    "tb": "terabytes",
}  # fmt: skip
_MEASUREMENT: Final = re.compile(
    rf"\b([0-9]+(?:\.[0-9]+)?)( ?)({'|'.join(sorted(_LONG_UNITS, key=len, reverse=True))})\b"
)


@cache
def _english() -> Collection[str]:
    from vitrine.rewriting.spelling import english_words

    return english_words()


def plural(word: str) -> str | None:
    """Return the plural of an English noun, if it is a known word."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if re.search(r"[^aeiou]y$", word):
        candidate = f"{word[:-1]}ies"
    else:
        candidate = f"{word}es" if re.search(r"(?:s|x|z|ch|sh)$", word) else f"{word}s"
    return candidate if candidate in _english() else None


def singular(word: str) -> str | None:
    """Return the singular of an English noun in the plural, if it is a known word."""
    if word in _REGULAR_SINGULAR:
        return _REGULAR_SINGULAR[word]
    if not word.endswith("s") or word.endswith("ss"):
        return None
    candidates = (f"{word[:-3]}y" if word.endswith("ies") else "", word[:-2] if word.endswith("es") else "", word[:-1])
    return next((each for each in candidates if plural(each) == word and each in _english()), None)


def _number(query: str, _rng: np.random.Generator) -> str | None:
    """Change the number of the noun that the query is about, and leave out an article that would contradict it."""
    if SENTENCE.search(query):
        return None
    words = query.split(" ")
    end = next((at for at, word in enumerate(words) if word in ENDS_HEAD), len(words))
    if end == 0:
        return None
    other = singular(words[end - 1]) or plural(words[end - 1])
    if other is None:
        return None
    start = 1 if words[0] in ("a", "an") else 0
    return " ".join([*words[start : end - 1], other, *words[end:]])


def _joined(query: str, rng: np.random.Generator) -> str | None:
    words = query.split(" ")
    places = [
        at
        for at in range(len(words) - 1)
        if all(word.isalpha() and len(word) >= SHORTEST_HALF and word not in ENDS_HEAD for word in words[at : at + 2])
    ]
    if not places or SENTENCE.search(query):
        return None
    at = pick(places, rng)
    return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])


def _split(query: str, rng: np.random.Generator) -> str | None:
    """Split a compound of two English words, such as `backpack`."""
    words = query.split(" ")
    known = _english()
    cuts = [
        (at, cut)
        for at, word in enumerate(words)
        if word.isalpha() and word.islower()
        for cut in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1)
        if word[:cut] in known and word[cut:] in known
    ]
    if not cuts:
        return None
    at, cut = cuts[int(rng.integers(len(cuts)))]
    return " ".join([*words[:at], words[at][:cut], words[at][cut:], *words[at + 1 :]])


def _hyphen(query: str, rng: np.random.Generator) -> str | None:
    if SENTENCE.search(query):
        return None
    words = query.split(" ")
    places = [at for at in range(len(words) - 1) if words[at].isalpha() and words[at + 1].isalpha()]
    places = [at for at in places if not ENDS_HEAD.intersection(words[at : at + 2])]
    if not places:
        return None
    at = pick(places, rng)
    return " ".join([*words[:at], f"{words[at]}-{words[at + 1]}", *words[at + 2 :]])


def _slang(query: str, rng: np.random.Generator) -> str | None:
    words = query.split(" ")
    places = [at for at, word in enumerate(words) if word in _SLANG]
    if not places:
        return None
    at = pick(places, rng)
    return " ".join([*words[:at], _SLANG[words[at]], *words[at + 1 :]])


def _order(query: str, rng: np.random.Generator) -> str | None:
    words = query.split(" ")
    if len(words) < 2 or SENTENCE.search(query):
        return None
    shuffled = [words[at] for at in rng.permutation(len(words))]
    return " ".join(shuffled if shuffled != words else reversed(words))


def _verbose(query: str, rng: np.random.Generator) -> str | None:
    if SENTENCE.search(query):
        return None
    return _FRAMES[int(rng.integers(len(_FRAMES)))].format(query)


def _unit_long(query: str, _rng: np.random.Generator) -> str | None:
    return _MEASUREMENT.sub(lambda match: f"{match[1]} {_LONG_UNITS[match[3]]}", query)


def _unit_space(query: str, _rng: np.random.Generator) -> str | None:
    return _MEASUREMENT.sub(lambda match: f"{match[1]}{'' if match[2] else ' '}{match[3]}", query)


WORDING: Final = (
    Kind("number", "plural, singular", _number),
    Kind("joined", "words joined", _joined),
    Kind("split", "words split", _split),
    Kind("hyphen", "words hyphenated", _hyphen),
    Kind("slang", "slang, abbreviations", _slang),
    Kind("order", "word order", _order),
    Kind("verbose", "whole sentences", _verbose),
    Kind("unit_long", "units in words", _unit_long),
    Kind("unit_space", "units' spaces", _unit_space),
)

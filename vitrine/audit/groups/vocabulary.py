"""Groups of people, and the phrases by which queries name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Final

from vitrine.text.analysis import analyse

_PLACE: Final = "{}"


@dataclass(frozen=True)
class Group:
    """A group of a dimension. `phrases` have {} for the product; the phrases of a dimension's groups correspond.

    `words` name the group in queries that people have asked.
    """

    dimension: str
    name: str
    phrases: tuple[str, ...]
    words: tuple[str, ...]


GROUPS: Final = (
    Group("gender", "women", ("{} for women", "women's {}", "{} for girls"), ("women", "ladies", "girls", "female")),
    Group("gender", "men", ("{} for men", "men's {}", "{} for boys"), ("men", "gents", "boys", "male", "mens")),
    Group(
        "age", "children", ("{} for kids", "children's {}"), ("kids", "children", "toddler", "baby", "boys", "girls")
    ),
    Group("age", "adults", ("{} for adults", "adult's {}"), ("adult", "men", "women", "mens", "ladies")),
    Group("age", "older people", ("{} for older people", "senior's {}"), ("senior", "elderly", "older people")),
    Group("size", "regular", ("regular size {}", "{} in size m"), ("regular size", "regular fit")),
    Group("size", "plus", ("plus size {}", "{} in size xxl"), ("plus size", "xxl", "big and tall")),
    Group("size", "petite", ("petite {}", "{} in size xs"), ("petite", "xs")),
    Group("holiday", "Christmas", ("{} for christmas", "christmas {}"), ("christmas", "xmas")),
    Group("holiday", "Eid", ("{} for eid", "eid {}"), ("eid", "ramadan")),
    Group("holiday", "Hanukkah", ("{} for hanukkah", "hanukkah {}"), ("hanukkah", "chanukah")),
    Group("holiday", "Diwali", ("{} for diwali", "diwali {}"), ("diwali",)),
    Group("holiday", "Easter", ("{} for easter", "easter {}"), ("easter",)),
    Group("region", "Africa", ("african {}", "{} from africa"), ("african", "africa")),
    Group("region", "Asia", ("asian {}", "{} from asia"), ("asian", "asia", "chinese", "japanese", "indian")),
    Group("region", "Europe", ("european {}", "{} from europe"), ("european", "europe", "french", "italian")),
    Group("region", "Latin America", ("latin american {}", "{} from latin america"), ("latin american", "mexican")),
    Group("region", "Middle East", ("middle eastern {}", "{} from the middle east"), ("arabic", "turkish", "persian")),
    Group("region", "North America", ("american {}", "{} from america"), ("american", "usa")),
    Group("budget", "low", ("cheap {}", "affordable {}"), ("cheap", "affordable", "budget")),
    Group("budget", "high", ("luxury {}", "expensive {}"), ("luxury", "expensive", "premium")),
)
DIMENSIONS: Final = tuple(dict.fromkeys(group.dimension for group in GROUPS))


@dataclass(frozen=True)
class GroupQuery:
    """A query made of a product's name and a phrase; `template` is the phrase's position."""

    product: str
    group: Group
    template: int

    @property
    def text(self) -> str:
        """The query."""
        return self.group.phrases[self.template].replace(_PLACE, self.product)


def group_queries(products: Sequence[str], groups: Sequence[Group] = GROUPS) -> list[GroupQuery]:
    """Return every phrase of every group for each name of a product."""
    return [
        GroupQuery(product, group, template)
        for product in products
        for group in groups
        for template in range(len(group.phrases))
    ]


def own_terms(group: Group) -> frozenset[str]:
    """Return the terms of a group's phrases and words, without the product's."""
    texts = (phrase.replace(_PLACE, "") for phrase in group.phrases)
    fillers = {"for", "in", "from", "the", "size", "and", "people", "s"}
    return frozenset(chain.from_iterable(analyse(text) for text in chain(texts, group.words))) - fillers


def named_groups(query: str, groups: Sequence[Group] = GROUPS) -> list[Group]:
    """Return the groups that a query names, by whole terms."""
    terms = tuple(analyse(query))
    return [group for group in groups if any(_contains(terms, _terms(word)) for word in group.words)]


@cache
def _terms(word: str) -> tuple[str, ...]:
    return tuple(analyse(word))


def _contains(terms: tuple[str, ...], word: tuple[str, ...]) -> bool:
    return any(terms[at : at + len(word)] == word for at in range(len(terms) - len(word) + 1))

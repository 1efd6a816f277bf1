"""The phrases that a catalogue's suggestions are made of, with their scores."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.categories.taxonomy import SEPARATOR, normalised
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.suggesting.completion_index import CompletionIndex, phrase_key
from vitrine.gateway.suggesting.schemas import SuggestionKind
from vitrine.text.analysis import analyse_column, text_array
from vitrine.text.languages import FUNCTION_TERMS
from vitrine.text.words import keys_of

KINDS: Final[tuple[SuggestionKind, ...]] = ("query", "category", "brand", "product")
BASES: Final = {"query": 1.5, "category": 1.25, "brand": 1.0, "product": 0.0}
"""The score of the least phrase of each kind; the greatest has 1 more, and others in between by the logarithm of their
users, products or popularity."""
LENGTH_COST: Final = 1e-3
"""The cost in score of a title's character: of titles that are as popular, short ones come first."""
NO_ROW: Final = -1


@dataclass(frozen=True)
class Phrases:
    """N phrases of a catalogue version, indexed.

    Attributes:
        index: The index of their beginnings.
        texts: The phrases as they are shown, string [N].
        kinds: The position in `KINDS` of each phrase's kind, int8 [N].
        rows: The row of each phrase's product, int32 [N]; -1 for phrases of other kinds.
    """

    index: CompletionIndex
    texts: pa.Array
    kinds: npt.NDArray[np.int8]
    rows: npt.NDArray[np.int32]


def indexed_phrases(products: ProductTable, terms: Collection[str], searched: pa.Table) -> Phrases:
    """Index the phrases of a catalogue version.

    Args:
        products: The products, of which the visible ones and their brands and categories are suggested.
        terms: The terms of their texts.
        searched: The queries of its users, as `vitrine.gateway.suggesting.searched` returns them.
    """
    visible = products.visible_rows
    rows = visible[[not _is_code(title) for title in products.titles(visible)]] if len(visible) else visible
    groups = [
        _scored("query", *_known_queries(searched, terms)),
        _scored("category", *_unpaired(_levels(products.value_totals("category")))),
        _scored("brand", *_unpaired(products.value_totals("brand"))),
        _scored("product", products.titles(rows), products.popularity(rows)),
    ]
    own = [np.full(len(texts), NO_ROW) for texts, _ in groups[:3]]
    texts = [text for group, _ in groups for text in group]
    kept = _first_of_each(texts)
    kinds = np.repeat(np.arange(len(KINDS), dtype=np.int8), [len(group) for group, _ in groups])
    scores = np.concatenate([scores for _, scores in groups])
    chosen = [texts[place] for place in kept.tolist()]
    return Phrases(
        CompletionIndex(chosen, scores[kept]),
        pa.array(chosen, pa.string()),
        kinds[kept],
        np.concatenate([*own, rows])[kept].astype(np.int32),
    )


def _known_queries(searched: pa.Table, terms: Collection[str]) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Return queries all of whose words the catalogue has, or else their rewrites that have only such, with users."""
    queries, rewrites = searched["query"].to_pylist(), searched["rewrite"].to_pylist()
    unknown = _unknown_words([*queries, *rewrites], terms)
    users: dict[str, int] = {}
    for query, rewrite, count in zip(queries, rewrites, searched["users"].to_pylist(), strict=True):
        known = next((text for text in (query, rewrite) if text and unknown.isdisjoint(keys_of(text))), None)
        if known:
            users[known] = users.get(known, 0) + count
    return _unpaired(users)


def _unknown_words(texts: Sequence[str], terms: Collection[str]) -> set[str]:
    """Return the words that the catalogue has in no form; function words and numbers are never unknown."""
    words = sorted({word for text in texts for word in keys_of(text) if any(map(str.isalpha, word))})
    found = zip(words, analyse_column(text_array(words)).to_pylist(), strict=True)
    return {word for word, its in found if not any(term in terms or term in FUNCTION_TERMS for term in its)}


def _scored(
    kind: SuggestionKind, texts: Sequence[str], weights: npt.NDArray[np.float64]
) -> tuple[Sequence[str], npt.NDArray[np.float64]]:
    """Return texts with scores by the logarithm of their weights, NaN counting as 0."""
    logarithms = np.log1p(np.nan_to_num(np.maximum(weights, 0)))
    scores = BASES[kind] + logarithms / max(float(logarithms.max(initial=0.0)), 1.0)
    if kind == "product":
        scores = scores - LENGTH_COST * np.fromiter(map(len, texts), np.float64, len(texts))
    return texts, scores


def _levels(totals: Mapping[str, int]) -> Mapping[str, int]:
    """Return the number of products at or below each level of categories, by the level's own name."""
    levels: dict[str, int] = {}
    for category, count in totals.items():
        for level in normalised(category).split(SEPARATOR):
            levels[level] = levels.get(level, 0) + count
    return levels


def _unpaired(totals: Mapping[str, int]) -> tuple[list[str], npt.NDArray[np.float64]]:
    return list(totals), np.array(list(totals.values()), np.float64)


def _is_code(title: str) -> bool:
    """Return whether a title is a number or a code, such as `TRA-984`, which nobody could choose by."""
    return " " not in title and any(map(str.isdigit, title))


def _first_of_each(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the places of the texts, without those that are empty or only differ in case and the like from earlier."""
    places: dict[str, int] = {}
    for place, text in enumerate(texts):
        places.setdefault(phrase_key(text), place)
    places.pop("", None)
    return np.fromiter(places.values(), np.int64, len(places))

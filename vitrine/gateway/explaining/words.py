"""The words of a query that spoke for a product, and those that spoke against it.

The players of `vitrine.gateway.explaining.shapley` are the query's words, and the worth of some of them is the log-odds
of the product's score for these words alone, in their order. The shares add up to the log-odds of the score for the
whole query less those for no words. It is the model itself that is asked, by its signature `score`, so that every stage
counts: similarities, shared words, features, classifier and last stage.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from vitrine.gateway.backends.backend import string_tensor
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.explaining.shapley import Values, coalitions, shapley_values
from vitrine.gateway.schemas.explanations import WordShare
from vitrine.search.confidence import log_odds

SCORE: Final = "score"
PLAYERS: Final = 24
"""Words that have shares of their own; the last one has those of all further words."""
PAIRS: Final = 1024
"""Pairs of one call of the model."""


def players_of(query: str) -> list[str]:
    """Return the words of a query, of which a very long query's last ones are one player."""
    words = query.split()
    return words if len(words) <= PLAYERS else [*words[: PLAYERS - 1], " ".join(words[PLAYERS - 1 :])]


async def word_shares(
    catalogue: Catalogue, version: CatalogueVersion, query: str, product_ids: Sequence[str]
) -> list[list[WordShare]]:
    """Return the shares of the query's words in the score of each product.

    Raises:
        ApiError: The model fails, cannot be reached, or has no signature `score`.
    """
    words = players_of(query)
    if not words or not product_ids:
        return [[] for _ in product_ids]
    asked = coalitions(len(words))
    texts = [" ".join(word for place, word in enumerate(words) if place in coalition) for coalition in asked]
    worth = await _worth(catalogue, version, texts, product_ids)
    values = shapley_values(len(words), dict(zip(asked, worth, strict=True)))
    return [
        [WordShare(word=word, share=round(float(share), 4)) for word, share in zip(words, shares, strict=True)]
        for shares in values.T
    ]


async def _worth(
    catalogue: Catalogue, version: CatalogueVersion, texts: Sequence[str], product_ids: Sequence[str]
) -> Values:
    """Return the log-odds of the scores of products for texts, float64 [texts, products]."""
    queries = np.repeat(string_tensor(*texts), len(product_ids))
    products = np.tile(string_tensor(*product_ids), len(texts))
    scores = []
    for start in range(0, len(queries), PAIRS):
        part = slice(start, start + PAIRS)
        answer = await catalogue.call(version, SCORE, {"query": queries[part], "product_id": products[part]})
        scores.append(np.asarray(answer["score"], np.float64))
    return log_odds(np.concatenate(scores)).reshape(len(texts), len(product_ids))

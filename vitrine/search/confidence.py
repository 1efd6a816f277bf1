"""Confidence in search results: scores on one scale for all catalogues, and the detection of junk queries.

A score alone does not show that nothing fits, since some product is always the closest. Three kinds of evidence do
together: the best score, its lead over the other candidates, and the share of the query's terms, without function
words, that occur in the catalogue or in earlier queries. `vitrine.search.build.calibration` fits their weights. Imports
nothing heavy.
"""

import re
from collections.abc import Container, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, PositiveFloat, field_serializer

from vitrine.text.analysis import known_terms
from vitrine.text.languages import FUNCTION_TERMS

LOWEST = 1e-6
"""Distance that scores keep from 0 and 1, where log-odds are infinite."""
FEWEST_DIGITS: Final = 3
"""Digits of the shortest number that may name a product."""
_CODE: Final = re.compile(
    r"--+|\(\)|&&|\|\||[=<>{}\\^`@]|%[0-9A-Fa-f]{2}|(?<![\w\s]);|(?<!\d)\$(?!\d)|#(?!\w)|(?<![\d\s])\*|\*(?![\d\s])"
)
"""Signs of code and of addresses, such as `--` and `=`. Prices, sizes (`12*12`) and numbers (`#8`) have none; of the
9,471 distinct queries of Home Depot's train file, 4 have one."""


def log_odds(score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the log-odds of scores in [0, 1], of any shape."""
    clipped = np.clip(np.asarray(score, dtype=np.float64), LOWEST, 1 - LOWEST)
    return np.log(clipped / (1 - clipped))


def evidence(score: npt.NDArray[np.float32], known: float) -> npt.NDArray[np.float64]:
    """Return a query's evidence, float64 [3]: best log-odds, lead over the median candidate, share of known terms.

    `score` float32 [C] are the candidates' scores, best first.
    """
    odds = log_odds(score)
    best, median = (float(odds[0]), float(odds[len(odds) // 2])) if len(odds) else (float(log_odds(0)), 0.0)
    return np.array([best, best - median if len(odds) else 0.0, known])


def known_share(query: str, *vocabularies: Container[str], categories: Container[str] = ()) -> float:
    """Return the share of the query's terms that a vocabulary has; 0 for a query without terms that say anything.

    Function words, and numbers of one or two digits, are left out: they are in every catalogue, and "what is the time"
    is not known by them. So is a number that no vocabulary has: "64 GB phone" is a query of a shop that has larger
    phones only. A sign of code is a term that is not known. A query with a term of `categories` is about something that
    the shop has, and its function words count: "socks for kids" is no junk where no text says kids.
    """
    return _share(query, _telling(known_terms(query, *vocabularies), categories))


def _share(query: str, known: Sequence[bool]) -> float:
    return sum(known) / max(len(known) + len(_CODE.findall(query)), 1)


def _telling(terms: Sequence[tuple[str, bool]], categories: Container[str] = ()) -> list[bool]:
    """Return whether each of the terms that say anything is known."""
    is_about_category = any(term in categories and term not in FUNCTION_TERMS for term, _ in terms)
    return [
        is_known
        for term, is_known in terms
        if (is_about_category or term not in FUNCTION_TERMS)
        and not _is_small(term)
        and (is_known or not term[0].isdigit())
    ]


def _is_code(query: str, known: Sequence[bool]) -> bool:
    """Return whether a query has signs of code, and no more known terms; beside a single sign, none is known."""
    signs = len(_CODE.findall(query))
    return signs > 0 and sum(known) <= signs and (signs > 1 or not any(known))


def _has_signs_only(query: str, terms: Sequence[tuple[str, bool]]) -> bool:
    """Return whether a query has neither letters nor a number that may name a product; `&` is a term, too."""
    return not any(sign.isalpha() for sign in query) and all(
        _is_small(term) or term in FUNCTION_TERMS for term, _ in terms
    )


def _is_small(term: str) -> bool:
    return term.isdecimal() and len(term) < FEWEST_DIGITS


class Background(BaseModel):
    """Mean and standard deviation of the score's log-odds over random pairs of a query and a product."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: float = 0.0
    std: PositiveFloat = 1.0


class Confidence(BaseModel):
    """Calibration of one search model's confidence. By default, no query is junk and log-odds are not rescaled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Background = Background()
    """Background of text queries."""
    image: Background = Background()
    """Background of image queries."""
    weights: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Weights of the three kinds of `evidence`."""
    threshold: float = 0.0
    """Weighted evidence below which a query is junk."""
    words: frozenset[str] = frozenset()
    """Terms of earlier queries that do not occur in the catalogue."""

    @field_serializer("words")
    def _in_order(self, words: frozenset[str]) -> list[str]:
        return sorted(words)

    def comparable(self, score: npt.ArrayLike, image_share: float = 0.0) -> npt.NDArray[np.float64]:
        """Return scores of any shape in standard deviations above a random pair of this catalogue.

        `image_share` in [0, 1] is the image's share of the query: 0 for words alone, 1 for an image alone.
        """
        mean = (1 - image_share) * self.text.mean + image_share * self.image.mean
        std = (1 - image_share) * self.text.std + image_share * self.image.std
        return (log_odds(score) - mean) / std

    def is_junk(
        self,
        query: str,
        score: npt.NDArray[np.float32],
        vocabulary: Container[str],
        categories: Container[str] = (),
    ) -> bool:
        """Return whether a query whose candidates have these scores, best first, is junk.

        `vocabulary` contains the catalogue's terms, and `categories` those of its categories' names. A query of signs
        and small numbers alone, or of code, is junk whatever it finds, if this was calibrated. A query of one term that
        is known is none: it may be a brand, which few of the queries are that this was calibrated on.
        """
        terms = known_terms(query, vocabulary, self.words)
        known = _telling(terms)
        if any(self.weights) and (_has_signs_only(query, terms) or _is_code(query, known)):
            return True
        if known == [True]:
            return False
        share = _share(query, _telling(terms, categories))
        return float(evidence(score, share) @ np.array(self.weights)) < self.threshold

"""Measures `Confidence` on an exported search model, with the train split's queries and with generated gibberish."""

import random
import string
from collections.abc import Container, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.search.confidence import Background, Confidence, evidence, known_share, log_odds
from vitrine.search.exported_model import ExportedModel
from vitrine.search.settings import Fusion
from vitrine.text.words import keys_of

PAIRS: Final = 2000
"""Random pairs that show what an unrelated product scores."""
QUERIES: Final = 400
"""Real queries that are compared with as many of gibberish."""
ENOUGH: Final = 20
"""With fewer real queries nothing is called junk."""
REFUSED: Final = 0.98
"""Share of the gibberish that is recognised…"""
LOST: Final = 0.01
"""…unless more real queries than this would be lost with it."""
KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
MAX_WORDS: Final = 50_000
LOWEST_STD: Final = 1e-3


def measure(
    model: ExportedModel,
    queries: Sequence[str],
    product_ids: Sequence[str],
    vocabulary: Mapping[str, int],
    image_query: Fusion | None = None,
    seed: int = 0,
) -> Confidence:
    """Compare real and random pairs, real queries and gibberish.

    Half of the queries lend their words, the other half is judged: with words of its own, each would be known.

    Args:
        model: The exported search model.
        queries: Distinct real queries.
        product_ids: Of the catalogue.
        vocabulary: The catalogue's words.
        image_query: How the model scores pictures. A similarity is already one in deviations above a random pair, so
            that the line to log-odds tells the background.
        seed: Of the random pairs and of the gibberish.
    """
    image = Background(mean=image_query.intercept, std=image_query.slope) if image_query else Background()
    if not queries:
        return Confidence(image=image)
    rng = random.Random(seed)  # noqa: S311 - no secret
    asked = rng.choices(queries, k=PAIRS)
    background = log_odds(model.score(asked, rng.choices(product_ids, k=PAIRS)))
    text = Background(mean=float(background.mean()), std=max(float(background.std()), LOWEST_STD))
    confidence = Confidence(text=text, image=image)
    shuffled = rng.sample(list(queries), len(queries))
    lenders, judged = shuffled[::2], shuffled[1::2][:QUERIES]
    if len(judged) < ENOUGH:
        return confidence
    real = _evidence(model, judged, vocabulary, _words(lenders))
    junk = _evidence(model, [gibberish(one, rng) for one in judged], vocabulary, _words(lenders))
    weights, threshold = separate(real, junk)
    words = sorted(_words(queries) - vocabulary.keys())[:MAX_WORDS]
    return confidence.model_copy(update={"weights": weights, "threshold": threshold, "words": frozenset(words)})


def separate(real: npt.NDArray[np.float64], junk: npt.NDArray[np.float64]) -> tuple[tuple[float, float, float], float]:
    """Weights of the evidence, and the threshold, from `real` and `junk` float64 [Q, 3]: a logistic regression."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    is_real = np.repeat([True, False], [len(real), len(junk)])
    fitted = LogisticRegression(class_weight="balanced").fit(np.concatenate([real, junk]), is_real)
    # A negative weight would hold a good score against a query.
    weights = np.maximum(fitted.coef_[0], 0.0)
    threshold = min(np.quantile(junk @ weights, REFUSED), np.quantile(real @ weights, LOST))
    return (float(weights[0]), float(weights[1]), float(weights[2])), float(threshold)


def gibberish(query: str, rng: random.Random) -> str:
    """As many letters as a query has, in as many words: at random, or as a hand on a keyboard would."""
    mashed = rng.random() < 0.5
    return " ".join(
        "".join(rng.choice(rng.choice(KEYS) if mashed else string.ascii_lowercase) for _ in range(max(len(word), 3)))
        for word in query.split()
    )


def _evidence(
    model: ExportedModel, queries: Sequence[str], vocabulary: Container[str], words: Container[str]
) -> npt.NDArray[np.float64]:
    scores = model.candidate_scores(queries)
    return np.stack(
        [evidence(score, known_share(query, vocabulary, words)) for query, score in zip(queries, scores, strict=True)]
    )


def _words(queries: Sequence[str]) -> set[str]:
    return {word for query in queries for word in keys_of(query)}

"""Calibration of `Confidence` on an exported search model, with the train split's queries and generated gibberish."""

import random
import string
from collections.abc import Container, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.search.confidence import Background, Confidence, evidence, known_share, log_odds
from vitrine.search.exported_model import ExportedModel
from vitrine.search.settings import Fusion
from vitrine.text.analysis import analyse_column, text_array

PAIRS: Final = 2000
"""Number of random pairs, whose scores are those of unrelated products."""
QUERIES: Final = 400
"""Maximal number of real queries; as many of gibberish are generated."""
MIN_QUERIES: Final = 20
"""Minimal number of real queries; with fewer, no query is rejected."""
REJECTED_GIBBERISH: Final = 0.99
"""Share of the gibberish that the threshold rejects…"""
REJECTED_QUERIES: Final = 0.005
"""…unless it would reject more than this share of the real queries."""
LOW_QUERIES: Final = 0.01
"""Quantile of the real queries at which the gap between gibberish and them ends."""
GAP_SHARE: Final = 1 / 3
"""Share of that gap which the threshold rejects as well: junk of real words, such as "weather tomorrow", lies in it. To
refuse a real query is worse than to answer junk, so that it is less than half."""
KEYBOARD_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
MAX_TERMS: Final = 50_000
LOWEST_STD: Final = 1e-3


def measure_confidence(
    model: ExportedModel,
    queries: Sequence[str],
    product_ids: Sequence[str],
    vocabulary: frozenset[str],
    image_query: Fusion | None = None,
    seed: int = 0,
    any_text: bool = True,
) -> Confidence:
    """Calibrate confidence on real and random pairs, and on real queries and gibberish.

    One half of the queries gives the known terms, the other half is scored: its own terms would all be known.

    Args:
        model: The exported search model.
        queries: Distinct real queries.
        product_ids: The ids of the catalogue.
        vocabulary: The catalogue's terms, with the other forms of its words.
        image_query: The model's weights for image queries. Their similarity is measured in deviations above random
            pairs already, so the line to log-odds gives the background.
        seed: The seed of the random pairs and of the gibberish.
        any_text: Whether the model answers any text. If it answers known queries only, it refuses gibberish itself, and
            no query is junk.
    """
    image = Background(mean=image_query.intercept, std=image_query.slope) if image_query else Background()
    if not queries:
        return Confidence(image=image)
    rng = random.Random(seed)  # noqa: S311 - no secret
    random_queries = rng.choices(queries, k=PAIRS)
    background = log_odds(model.score(random_queries, rng.choices(product_ids, k=PAIRS)))
    text = Background(mean=float(background.mean()), std=max(float(background.std()), LOWEST_STD))
    confidence = Confidence(text=text, image=image)
    shuffled = rng.sample(list(queries), len(queries))
    term_queries, scored_queries = shuffled[::2], shuffled[1::2][:QUERIES]
    if not any_text or len(scored_queries) < MIN_QUERIES:
        return confidence
    real = _evidence(model, scored_queries, vocabulary, _terms(term_queries))
    generated = [gibberish(query, rng) for query in scored_queries]
    noise = _evidence(model, generated, vocabulary, _terms(term_queries))
    weights, threshold = separate(real, noise)
    words = sorted(_terms(queries) - vocabulary)[:MAX_TERMS]
    return confidence.model_copy(update={"weights": weights, "threshold": threshold, "words": frozenset(words)})


def separate(real: npt.NDArray[np.float64], noise: npt.NDArray[np.float64]) -> tuple[tuple[float, float, float], float]:
    """Fit the evidence's weights by logistic regression, and the threshold, from `real` and `noise` float64 [Q, 3]."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    is_real = np.repeat([True, False], [len(real), len(noise)])
    fitted = LogisticRegression(class_weight="balanced").fit(np.concatenate([real, noise]), is_real)
    # A negative weight would count a good score against a query.
    weights = np.maximum(fitted.coef_[0], 0.0)
    junk, lowest, low = (
        float(np.quantile(evidences @ weights, share))
        for evidences, share in ((noise, REJECTED_GIBBERISH), (real, REJECTED_QUERIES), (real, LOW_QUERIES))
    )
    threshold = junk + GAP_SHARE * (low - junk) if junk < low else min(junk, lowest)
    return (float(weights[0]), float(weights[1]), float(weights[2])), threshold


def gibberish(query: str, rng: random.Random) -> str:
    """Return as many letters as a query has, in as many words: random letters, or neighbours on a keyboard."""
    neighbours = rng.random() < 0.5
    return " ".join(
        "".join(
            rng.choice(rng.choice(KEYBOARD_ROWS) if neighbours else string.ascii_lowercase)
            for _ in range(max(len(word), 3))
        )
        for word in query.split()
    )


def _evidence(
    model: ExportedModel, queries: Sequence[str], vocabulary: Container[str], terms: Container[str]
) -> npt.NDArray[np.float64]:
    scores = model.candidate_scores(queries)
    return np.stack(
        [evidence(score, known_share(query, vocabulary, terms)) for query, score in zip(queries, scores, strict=True)]
    )


def _terms(queries: Sequence[str]) -> set[str]:
    return set(analyse_column(text_array(queries)).values.to_pylist())

"""The stages of one product, from the outputs of the signature `explain_text`."""

from collections.abc import Mapping
from math import isnan
from typing import Final

from vitrine.errors import DataError
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.explaining.parts import probability, score_parts
from vitrine.gateway.explaining.schemas import Candidate, Classifier, LastStage, Lexical, RankedSimilarity, Stages, Word
from vitrine.labels import LABELS
from vitrine.saved_model.arrays import Array, Outputs

ROUNDING: Final = 1e-5
"""Difference of a score and the sum of its parts below which they are equal."""


def numbers_of(outputs: Outputs, at: int) -> dict[str, float]:
    """Return the outputs of one product that are single numbers."""
    return {name: float(values[at]) for name, values in outputs.items() if values.ndim == 1}


def stages(version: CatalogueVersion, outputs: Outputs, at: int, product_id: str, rank: int | None) -> Stages:
    """Return the stages of the product at `at`, which has this `rank` in the results.

    Raises:
        DataError: the parts do not add up to the score.
    """
    numbers, weights = numbers_of(outputs, at), version.weights
    parts = score_parts(weights, numbers)
    log_odds = sum(parts.values())
    if abs(probability(log_odds) - numbers["score"]) > ROUNDING:
        raise DataError(
            f"the parts of the score of {product_id!r} give {probability(log_odds):.6f}, but it is "
            f"{numbers['score']:.6f}; the index and the model may belong to different runs"
        )
    (row,) = version.products.at(version.products.rows([product_id]))
    sources = [name for name in ("similarity", "words", "id") if numbers[f"found_by_{name}"]]
    return Stages(
        product_id=product_id,
        title=row["title"],
        text=RankedSimilarity(similarity=_known(numbers["by_text"]), rank=_rank(numbers["text_rank"])),
        image=RankedSimilarity(similarity=_known(numbers["by_image"]), rank=_rank(numbers["image_rank"])),
        similarity=RankedSimilarity(similarity=numbers["similarity"], rank=_rank(numbers["similarity_rank"])),
        lexical=Lexical(
            words=_words(outputs, at),
            score=numbers["lexical"],
            coverage=numbers["coverage"],
            rank=_rank(numbers["word_rank"]),
        ),
        contradiction=numbers["contradiction"],
        candidate=Candidate(
            found_by=sources,
            log_odds=numbers["candidate_log_odds"],
            lowest=numbers["last_candidate_log_odds"],
            rank=_rank(numbers["candidate_rank"]),
        ),
        classifier=Classifier(esci=_labels(outputs["classified"][at]), gain=numbers["gain"]),
        blended_rank=_rank(numbers["blended_rank"]),
        last_stage=_last_stage(weights.cross_encoder, numbers),
        parts=parts,
        log_odds=log_odds,
        score=numbers["score"],
        esci=_labels(outputs["esci"][at]),
        rank=rank,
    )


def _words(outputs: Outputs, at: int) -> list[Word]:
    columns = (outputs[name][at].tolist() for name in ("words", "word_idf", "word_score"))
    return [
        Word(word=word.decode(), worth=worth, score=score) for word, worth, score in zip(*columns, strict=True) if word
    ]


def _last_stage(share: float, numbers: Mapping[str, float]) -> LastStage | None:
    if isnan(numbers["read_gain"]):
        return None
    return LastStage(read=bool(numbers["read"]), gain=numbers["read_gain"], share=share)


def _labels(probabilities: Array) -> dict[str, float]:
    return {label: float(value) for label, value in zip(LABELS[::-1], probabilities[::-1].tolist(), strict=True)}


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _rank(value: float) -> int | None:
    return int(value) or None

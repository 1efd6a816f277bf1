"""The smallest changes of one product that would make it the first result, in the arithmetic of the scores.

Each changes one stage's value and leaves the others as they are: in fact, other words also change the similarity and
the labels. Other products keep their scores, since none depends on another product.
"""

from collections.abc import Mapping
from typing import Final

from vitrine.gateway.explaining.parts import MOST, bounded_log_odds, last_share, probability
from vitrine.gateway.explaining.schemas import NeededChange, Stages
from vitrine.search.settings import SearchWeights

MARGIN: Final = 1e-4
"""Log-odds by which the product must be ahead, beyond the rounding of float32."""


def needed_changes(
    weights: SearchWeights, own: Stages, numbers: Mapping[str, float], first: Stages
) -> list[NeededChange]:
    """Return the changes of each stage that would raise the product above `first`, which has a higher score.

    `numbers` are the product's outputs of the signature `explain_text`.
    """
    missing = blended_gap(weights, numbers, first.log_odds)
    keep, blend = 1 - weights.blend, weights.blend
    is_candidate = own.candidate.rank is not None
    to_be_found = 0.0 if is_candidate else max(own.candidate.lowest - own.candidate.log_odds, 0.0) + MARGIN
    wanted = max(missing / keep if keep else float("inf"), to_be_found)
    changes = [_candidate(own, to_be_found)] if not is_candidate else []
    if missing > MOST - min(numbers["blended_log_odds"], MOST) and last_share(weights, numbers, True):
        return [
            *changes,
            _not_enough("last stage", "no change before the last stage suffices: its own verdict decides"),
        ]
    changes.append(_similarity(weights, own, wanted))
    changes += _words(weights, own, wanted)
    if own.contradiction:
        changes.append(_measurements(own, wanted))
    if blend:
        changes.append(_label(own, missing / blend, is_candidate))
    if own.last_stage is not None:
        changes.append(_last_stage(weights, own, numbers, first))
    return changes


def blended_gap(weights: SearchWeights, numbers: Mapping[str, float], target: float) -> float:
    """Return the log-odds that are missing before the last stage for those of the score to exceed `target`.

    A product that is raised to the first place is read by the last stage, if there is one.
    """
    share = last_share(weights, numbers, read=True)
    own = numbers["blended_log_odds"]
    if not share:
        return target - own + MARGIN
    needed = (target - share * bounded_log_odds(numbers["read_gain"])) / (1 - share) if share < 1 else float("inf")
    return needed - own + MARGIN


def _not_enough(part: str, text: str, now: float | None = None) -> NeededChange:
    return NeededChange(part=part, now=now, suffices=False, text=text)


def _candidate(own: Stages, to_be_found: float) -> NeededChange:
    by_rank = f"it is number {own.similarity.rank} by similarity"
    by_words = f"and {own.lexical.rank} by words" if own.lexical.rank else "and has no word of the query"
    if own.candidate.found_by:
        text = f"it was found, but {to_be_found:.2f} log-odds are missing to be a candidate"
    else:
        text = f"nothing found it: {by_rank} {by_words}, too far down in both to be a candidate"
    needed = own.candidate.log_odds + to_be_found
    return NeededChange(part="candidates", now=own.candidate.log_odds, needed=needed, suffices=False, text=text)


def _similarity(weights: SearchWeights, own: Stages, wanted: float) -> NeededChange:
    """Return the change of the similarity; a text or an image equal to the query is the most similar one."""
    now, fusion = own.similarity.similarity or 0.0, weights.text_query
    needed = now + wanted / fusion.slope
    has_text, has_image = own.text.similarity is not None, own.image.similarity is not None
    text_weight = (fusion.text_weight if has_image else 1.0) if has_text else 0.0
    sides, most = [], 0.0
    for name, side, scale, weight in (
        ("text", own.text, fusion.text, text_weight),
        ("image", own.image, fusion.image, 1 - text_weight),
    ):
        highest = (1 - scale.mean) / scale.std
        if side.similarity is not None and weight > 0:
            most += weight * highest
            alone = side.similarity + wanted / fusion.slope / weight
            sides += [f"{alone:.2f} of its {name} alone"] if alone <= highest else []
    if needed > most:
        text = f"not even the highest similarity, {most:.2f} instead of {now:.2f} standard deviations, would suffice"
        return _not_enough("similarity", text, now)
    text = f"its similarity would have to be {needed:.2f} instead of {now:.2f} standard deviations"
    text += f" ({' or '.join(sides)})" if sides else ""
    return NeededChange(part="similarity", now=now, needed=needed, suffices=True, text=text)


def _words(weights: SearchWeights, own: Stages, wanted: float) -> list[NeededChange]:
    if not weights.counts_words:
        return []
    missing = [word for word in own.lexical.words if word.worth > 0 and word.score == 0]
    if not missing:
        return [_not_enough("words", "it has all words of the query that the catalogue knows", own.lexical.score)]
    # A word that occurs often is worth its inverse document frequency, and never more.
    most = weights.lexical * sum(word.worth for word in missing) + weights.coverage * (1 - own.lexical.coverage)
    names = ", ".join(f"“{word.word}”" for word in missing)
    suffices = most > wanted
    text = f"it lacks {names}: having them adds at most {most:.2f} log-odds of {wanted:.2f} that are missing"
    return [NeededChange(part="words", now=own.lexical.score, suffices=suffices, text=text)]


def _measurements(own: Stages, wanted: float) -> NeededChange:
    text = (
        f"without its contradicting measurements it would gain {own.contradiction:.2f} log-odds, and some by its label"
    )
    return NeededChange(part="measurements", now=own.contradiction, suffices=own.contradiction > wanted, text=text)


def _label(own: Stages, missing: float, is_candidate: bool) -> NeededChange:
    now = own.classifier.gain
    needed = bounded_log_odds(now) + missing
    if needed > MOST:
        return _not_enough("classifier", f"not even a gain of 1 instead of {now:.3f} would suffice", now)
    gain = probability(needed)
    also = "" if is_candidate else ", once it is a candidate"
    text = f"the classifier's expected gain would have to be {gain:.3f} instead of {now:.3f}{also}"
    return NeededChange(part="classifier", now=now, needed=gain, suffices=is_candidate, text=text)


def _last_stage(weights: SearchWeights, own: Stages, numbers: Mapping[str, float], first: Stages) -> NeededChange:
    stage = own.last_stage
    assert stage is not None
    if not stage.read:
        text = f"the last stage does not read it, and would give it a gain of {stage.gain:.3f}"
        return _not_enough("last stage", text, stage.gain)
    share = last_share(weights, numbers, read=True)
    before = min(max(numbers["blended_log_odds"], -MOST), MOST)
    needed = (first.log_odds - (1 - share) * before) / share + MARGIN if share else float("inf")
    if needed > MOST:
        return _not_enough("last stage", f"not even a gain of 1 instead of {stage.gain:.3f} would suffice", stage.gain)
    gain = probability(needed)
    text = f"the last stage's expected gain would have to be {gain:.3f} instead of {stage.gain:.3f}"
    return NeededChange(part="last stage", now=stage.gain, needed=gain, suffices=True, text=text)

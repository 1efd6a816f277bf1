"""The judges of judgements: people, rules or a language model, as the column `source` names them.

Imports nothing heavy.
"""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from vitrine.data.columns import SOURCE

if TYPE_CHECKING:
    import pyarrow as pa

DERIVED: Final = "derived"
"""The source of judgements that rules derive from the catalogue."""

CLICKS: Final = "clicks"
"""The source of judgements that are learnt from what shoppers clicked."""

LANGUAGE_MODEL: Final = "llm:"
"""The beginning of the source of judgements by a language model; its name follows."""

PEOPLE: Final = "people"
"""The judge of all other judgements, whose source is the origin of the query."""


def judge_of(source: str) -> str:
    """Return the judge of judgements with this source: `people`, `derived`, `clicks` or `llm:MODEL`."""
    return source if source in (DERIVED, CLICKS) or source.startswith(LANGUAGE_MODEL) else PEOPLE


def judged_by(judgements: "pa.Table") -> dict[str, int]:
    """Return the number of judgements by judge, the most frequent first; without the column `source`, by people."""
    if SOURCE not in judgements.column_names:
        return {PEOPLE: judgements.num_rows}
    counts: Counter[str] = Counter()
    for source in judgements[SOURCE].value_counts().to_pylist():
        counts[judge_of(source["values"])] += source["counts"]
    return dict(counts.most_common())


def without_clicks(judgements: "pa.Table") -> "pa.Table":
    """Return the judgements that measure and tune: without those of clicks if people or a language model judged, too.

    Debiased clicks predict clicks better than they predict people's judgements, so that a gate which counted both would
    mix two questions.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not outranks_clicks(judged_by(judgements)):
        return judgements
    return judgements.filter(pc.invert(pc.is_in(judgements[SOURCE], value_set=pa.array([CLICKS]))))


def of_clicks(judgements: "pa.Table | pa.RecordBatch") -> "pa.Array":
    """Return the mask of the judgements that are learnt from clicks: none without the column `source`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if SOURCE not in judgements.schema.names:
        return pa.array([False] * judgements.num_rows, pa.bool_())
    mask = pc.fill_null(pc.equal(judgements.column(SOURCE), CLICKS), False)
    return mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask


def outranks_clicks(counts: Mapping[str, int]) -> bool:
    """Return whether the judgements, by judge, are of clicks and of people or a language model, who outrank them."""
    return bool(counts.get(CLICKS)) and any(count for judge, count in counts.items() if judge not in (CLICKS, DERIVED))


def caveat(counts: Mapping[str, int]) -> str | None:
    """Return a phrase that says whose the judgements are, by the `counts` of each judge; None if all are people's."""
    total = sum(counts.values())
    others = {judge: count for judge, count in counts.items() if judge != PEOPLE and count}
    if not others:
        return None
    names = {judge: _name(judge) for judge in others}
    if len(others) == 1 and sum(others.values()) == total:
        return f"judged by {next(iter(names.values()))}, not by people"
    shares = " and ".join(f"{count / total:.0%} by {names[judge]}" for judge, count in others.items())
    return f"judged {shares}, not by people"


def _name(judge: str) -> str:
    if judge == DERIVED:
        return "rules over the catalogue"
    if judge == CLICKS:
        return "clicks of shoppers"
    return f"the language model {judge.removeprefix(LANGUAGE_MODEL)}"

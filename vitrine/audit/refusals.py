"""The suite `refusals`: queries that must find nothing, and real ones that must not be taken for them."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from vitrine import progress
from vitrine.audit.data import AuditData
from vitrine.audit.junk_queries import junk_queries
from vitrine.audit.section import Better, Cell, Figure, Section, Table
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import Answer, Target
from vitrine.metrics.bootstrap import estimate

NAME: Final = "refusals"
TITLE: Final = "Refusal of junk"
_TITLES: Final = {
    "letters": "gibberish: random letters", "keyboard": "gibberish: home row", "syllables": "gibberish: syllables",
    "shuffled": "gibberish: shuffled letters", "signs": "gibberish: digits, signs", "other_domain": "other domains",
    "injection": "prompt injections", "sql": "SQL", "html": "HTML, code", "empty": "empty",
    "too_long": "10,000 characters",
}  # fmt: skip


def audit(target: Target, data: AuditData, settings: AuditSettings) -> Section:
    """Measure the share of each kind of junk that is refused, and the share of real queries that is lost."""
    judged = data.queries(settings.queries, settings.seed)
    real = list(judged.text.values()) if judged else []
    answers: dict[str, list[Answer]] = {}
    junk = junk_queries(real, settings.seed)
    for number, (kind, queries) in enumerate(junk.items(), 1):
        if queries:
            answers[kind] = target.search(list(queries))
        progress.report("kinds of junk", number, len(junk))
    lost = target.search(real)
    figures = [_share(f"{NAME}.{kind}.refused", found, "high") for kind, found in answers.items()]
    all_junk = [answer for found in answers.values() for answer in found]
    figures.append(_share(f"{NAME}.all.refused", all_junk, "high"))
    if real:
        figures.append(_share(f"{NAME}.real.lost", lost, "low"))
    return Section(
        NAME, TITLE, _reading(figures), tuple(figures),
        (_kinds(junk, answers), _answered(junk, answers, settings.worst), _lost(real, lost, settings.worst)),
    )  # fmt: skip


def _share(key: str, answers: Sequence[Answer], better: Better) -> Figure:
    refused = estimate(np.array([float(answer.refused or not answer.hits) for answer in answers]))
    return Figure.of(key, refused, len(answers), better)


def _reading(figures: Sequence[Figure]) -> str:
    by_key = {figure.key: figure for figure in figures}
    junk, lost = by_key[f"{NAME}.all.refused"], by_key.get(f"{NAME}.real.lost")
    text = f"{junk.value:.1%} of {junk.n} queries that no shop can answer are refused."
    if lost is None:
        return f"{text} Without held-out queries, the share of real ones that are lost is unknown."
    return f"{text} Of {lost.n} held-out queries, {lost.value:.1%} [{lost.low:.1%}, {lost.high:.1%}] are lost."


def _kinds(junk: Mapping[str, Sequence[str]], answers: Mapping[str, Sequence[Answer]]) -> Table:
    rows: list[list[Cell]] = [
        [_TITLES[kind], len(found), _share("", found, "high").value, junk[kind][0][:60]]
        for kind, found in answers.items()
    ]
    return Table("Share refused by kind", ("kind", "queries", "refused", "example"), rows)


def _answered(junk: Mapping[str, Sequence[str]], answers: Mapping[str, Sequence[Answer]], limit: int) -> Table:
    rows: list[list[Cell]] = [
        [
            _TITLES[kind],
            query[:80],
            answer.query[:80],
            "; ".join(hit.title for hit in answer.hits[:3]),
            answer.hits[0].score,
        ]
        for kind, found in answers.items()
        for query, answer in zip(junk[kind], found, strict=True)
        if answer.hits
    ]
    rows.sort(key=lambda row: -float(row[4] or 0))
    columns = ("kind", "query", "searched for", "results", "best score")
    return Table("Junk that is answered, the best scores first", columns, rows[:limit])


def _lost(real: Sequence[str], answers: Sequence[Answer], limit: int) -> Table:
    rows: list[list[Cell]] = [
        [query, answer.query, answer.message]
        for query, answer in zip(real, answers, strict=True)
        if answer.refused or not answer.hits
    ]
    return Table("Real queries that are lost", ("query", "searched for", "message"), rows[:limit])

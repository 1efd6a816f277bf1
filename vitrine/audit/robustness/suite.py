"""The suite `robustness`: the same held-out queries in other forms, beside the answers to the clean ones."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from vitrine import progress
from vitrine.audit.data import AuditData, JudgedQueries
from vitrine.audit.robustness.changed import Changed, Values
from vitrine.audit.robustness.kind import Kind
from vitrine.audit.robustness.languages import LANGUAGES
from vitrine.audit.robustness.plot import draw_losses
from vitrine.audit.robustness.surface import SURFACE
from vitrine.audit.robustness.tables import tables
from vitrine.audit.robustness.typos import TYPOS
from vitrine.audit.robustness.wording import WORDING
from vitrine.audit.section import Figure, Plot, Section, skipped
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import TOP, Answer, Target
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.metrics.ranking import Run, per_query

NAME: Final = "robustness"
TITLE: Final = "Robustness of words"
KINDS: Final[Sequence[Kind]] = (*TYPOS, *SURFACE, *WORDING, *LANGUAGES)
_METRIC: Final = "ndcg@10"


def audit(target: Target, data: AuditData, settings: AuditSettings) -> Section:
    """Measure what the held-out queries lose in each form."""
    judged = data.queries(settings.queries, settings.seed)
    if judged is None:
        return skipped(NAME, TITLE, "there are no held-out judgements; `--run` or `--data` brings them")
    texts = list(judged.text.values())
    clean = target.search(texts)
    values = ndcg(judged, clean)
    changed = []
    for number, kind in enumerate(KINDS, 1):
        changed.append(_changed(target, judged, kind, clean, values, settings.seed))
        progress.report("forms of queries", number, len(KINDS))
    found = [each for each in changed if each is not None]
    names, losses = [each.kind.title for each in found], [each.loss.difference for each in found]
    plots = (Plot("losses", "Loss of nDCG@10 by form; red beyond noise", draw_losses(names, losses)),) if found else ()
    rows = tables(found, judged, clean, values, settings)
    return Section(NAME, TITLE, _reading(found, values), _figures(found), rows, plots)


def ndcg(judged: JudgedQueries, answers: Sequence[Answer]) -> Values:
    """Return nDCG@10 of each query's answer, float64 [Q]; 0 for one that is refused."""
    return per_query(judged.judged, Run.from_top(list(judged.text), [each.product_ids for each in answers]), [_METRIC])[
        _METRIC
    ]


def _changed(
    target: Target, judged: JudgedQueries, kind: Kind, clean: Sequence[Answer], values: Values, seed: int
) -> Changed | None:
    """Search with the queries that have this form; None if no query has it."""
    forms = kind.apply(list(judged.text.values()), seed)
    rows = [row for row, form in enumerate(forms) if form is not None]
    queries = [form for form in forms if form is not None]
    if not rows:
        return None
    answers = target.search(queries)
    placed: list[Answer] = [Answer(())] * len(forms)
    for row, answer in zip(rows, answers, strict=True):
        placed[row] = answer
    reached = ndcg(judged, placed)[rows]
    overlap = np.array([_overlap(clean[row], answer) for row, answer in zip(rows, answers, strict=True)])
    return Changed(kind, np.array(rows), queries, answers, reached, overlap, compare(values[rows], reached, seed=seed))


def _overlap(clean: Answer, changed: Answer) -> float:
    first = set(clean.product_ids[:TOP])
    if not first:
        return float(not changed.hits)
    return len(first.intersection(changed.product_ids[:TOP])) / len(first)


def _figures(found: Sequence[Changed]) -> tuple[Figure, ...]:
    figures = []
    for each in found:
        key, n = f"{NAME}.{each.kind.name}", len(each.rows)
        figures += [
            Figure.of(f"{key}.ndcg_loss", each.loss.difference, n, "low"),
            Figure.of(f"{key}.overlap", estimate(each.overlap), n, "high"),
            Figure.of(f"{key}.refused", each.refused, n, "low"),
        ]
    return tuple(figures)


def _reading(found: Sequence[Changed], values: Values) -> str:
    worst = max(found, key=lambda each: each.loss.difference.value, default=None)
    text = (
        f"{len(values):,} held-out queries were searched for as they are (nDCG@10 {estimate(values)}), then in each "
        "form that they have. The loss is the paired difference of nDCG@10, clean minus changed, with its 95% "
        "bootstrap interval; the overlap is the share of the clean query's first ten results that stay among them."
    )
    if worst is None:
        return text
    loss = worst.loss.difference
    lossy = [each for each in found if each.loss.difference.low > 0]
    return (
        f"{text} {len(lossy)} of {len(found)} forms lose quality beyond noise; the most is lost by "
        f"“{worst.kind.title}”: {loss.value:.3f} [{loss.low:.3f}, {loss.high:.3f}]."
    )

"""The tables of the suite `robustness`."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from vitrine.audit.data import JudgedQueries
from vitrine.audit.robustness.changed import Changed, Values
from vitrine.audit.section import Cell, Table
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import Answer

OF_A_FORM: Final = 2
"""Queries of one form that are listed among the worst."""


def tables(
    found: Sequence[Changed],
    judged: JudgedQueries,
    clean: Sequence[Answer],
    values: Values,
    settings: AuditSettings,
) -> tuple[Table, ...]:
    """Return the table of forms, and that of the queries that lose the most."""
    rows: list[list[Cell]] = []
    for each in found:
        loss = each.loss.difference
        rows.append([
            each.kind.title, len(each.rows), float(values[each.rows].mean()), float(each.ndcg.mean()), loss.value,
            f"[{loss.low:.3f}, {loss.high:.3f}]", each.loss.p_value, float(each.overlap.mean()), each.refused.value,
            each.queries[0],
        ])  # fmt: skip
    columns = ("form", "queries", "clean", "changed", "loss", "95%", "p", "overlap", "refused", "example")
    return (
        Table("nDCG@10 by form", columns, rows),
        _worst(found, list(judged.text.values()), clean, values, settings.worst),
    )


def _worst(
    found: Sequence[Changed], texts: Sequence[str], clean: Sequence[Answer], values: Values, limit: int
) -> Table:
    """List the queries that lose the most, at most `OF_A_FORM` of a form, with the first results before and after."""
    losses = []
    for each in found:
        loss = values[each.rows] - each.ndcg
        first = [at for at in np.argsort(-loss, kind="stable").tolist() if loss[at] > 0][:OF_A_FORM]
        losses += [(float(loss[at]), each, at, int(each.rows[at])) for at in first]
    losses.sort(key=lambda lost: -lost[0])
    rows: list[list[Cell]] = [
        [
            each.kind.title, texts[row], each.queries[at], each.answers[at].query, loss, _titles(clean[row]),
            _titles(each.answers[at]),
        ]
        for loss, each, at, row in losses[:limit]
    ]  # fmt: skip
    columns = ("form", "query", "as written", "searched for", "loss", "results before", "results")
    return Table("Queries that lose the most", columns, rows, f"At most {OF_A_FORM} of each form are listed.")


def _titles(answer: Answer, count: int = 3) -> str:
    if not answer.hits:
        return f"none: {answer.message}" if answer.message else "none"
    return "; ".join(hit.title or hit.product_id for hit in answer.hits[:count])

"""The suite `exposure`: who is seen, beside who is relevant."""

from collections.abc import Sequence
from math import isnan
from typing import Final

from vitrine.audit.data import AuditData, JudgedQueries
from vitrine.audit.exposure.attention import Shares
from vitrine.audit.exposure.measure import Exposure, measure_exposure
from vitrine.audit.exposure.product_groups import catalogue_frame, groupings
from vitrine.audit.exposure.stages import SERVED, VECTORS, stage_lists
from vitrine.audit.exposure.tables import beyond, gap_plot, gini_table, share_table
from vitrine.audit.section import Figure, Section, skipped
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import Target
from vitrine.data.columns import PRODUCT_ID

NAME: Final = "exposure"
TITLE: Final = "Exposure of products"


def audit(target: Target, data: AuditData, settings: AuditSettings) -> Section:
    """Compare the attention that groups of products receive with that which their relevant products deserve."""
    judged = data.queries(settings.judged_queries, settings.seed)
    if judged is None or data.products is None:
        return skipped(NAME, TITLE, "there are no held-out judgements or no catalogue; `--run` or `--data` brings them")
    lists = stage_lists(target, data.model, list(judged.text.values()))
    gains = _gains(judged)
    known = None if data.train is None else set(data.train[PRODUCT_ID].to_pylist())
    exposures = [
        measure_exposure(grouping, lists, gains, [1.0] * len(gains))
        for grouping in groupings(catalogue_frame(data.products), known)
    ]
    if not exposures or not any(sum(each.values()) for each in gains):
        return skipped(NAME, TITLE, "the catalogue has no groups of products, or no held-out query a relevant product")
    relevant = sum(sum(each.values()) > 0 for each in gains)
    return Section(
        NAME,
        TITLE,
        _reading(exposures, relevant, settings.exposure_ratio),
        _figures(exposures, relevant),
        (*(share_table(exposure, settings.exposure_ratio) for exposure in exposures), gini_table(exposures)),
        (gap_plot(exposures),),
    )


def _gains(judged: JudgedQueries) -> list[dict[str, float]]:
    """Return the gain of each judged product of each query, in the order of the queries."""
    by_query: dict[str, dict[str, float]] = {query: {} for query in judged.text}
    pairs = judged.judged
    for query, product, gain in zip(pairs.query_id, pairs.product_id, pairs.gain.tolist(), strict=True):
        by_query[query][product] = max(gain, by_query[query].get(product, 0.0))
    return list(by_query.values())


def _figures(exposures: Sequence[Exposure], queries: int) -> tuple[Figure, ...]:
    """Return the largest gap and the smallest ratio of each grouping, as served, and the concentration on brands."""
    found = []
    for exposure in exposures:
        shares, key = exposure.shares[SERVED], f"{NAME}.{exposure.grouping.name}"
        gap = _largest(shares).gap
        bounds = sorted((abs(gap.low), abs(gap.high)))
        low = 0.0 if gap.low <= 0 <= gap.high else bounds[0]
        found.append(Figure(f"{key}.gap", abs(gap.value), low, bounds[1], queries, "low"))
        if ratios := [share.ratio for share in shares if not isnan(share.ratio.value)]:
            lowest = min(ratios, key=lambda ratio: ratio.value)
            found.append(Figure.of(f"{key}.ratio", lowest, queries, "high"))
        if exposure.gini:
            found.append(Figure.of(f"{key}.gini", exposure.gini[SERVED], queries, "low"))
    return tuple(found)


def _largest(shares: Sequence[Shares]) -> Shares:
    return max(shares, key=lambda share: abs(share.gap.value))


def _reading(exposures: Sequence[Exposure], queries: int, lowest: float) -> str:
    flagged = [
        f"{share.group} ({share.ratio.value:.2f})"
        for exposure in exposures
        for share in exposure.shares[SERVED]
        if beyond(share, lowest)
    ]
    text = (
        "A product at rank r receives 1 / log2(r + 1) of a list's attention, over the first ten results of "
        f"{queries:,} held-out queries with a relevant product, and deserves the share that it has of their gain. A "
        f"group is flagged if the whole 95% interval of attention over deserved is below {lowest:g} or above "
        f"{1 / lowest:g}: {', '.join(flagged) or 'none is'}. "
    )
    changes = [_change(exposure) for exposure in exposures if VECTORS in exposure.shares]
    if changes:
        text += f"From the order by vectors alone to the lists as served, the largest gap goes {'; '.join(changes)}."
    else:
        text += "Earlier stages are not known of an engine behind an address."
    return text


def _change(exposure: Exposure) -> str:
    before, after = (abs(_largest(exposure.shares[stage]).gap.value) for stage in (VECTORS, SERVED))
    return f"from {before:.3f} to {after:.3f} by {exposure.grouping.name}"

"""The suite `space`: what the encoder takes to be similar."""

from typing import Final

from vitrine.audit.data import AuditData
from vitrine.audit.section import Cell, Figure, Section, Table, skipped
from vitrine.audit.settings import AuditSettings
from vitrine.audit.space.measure import SAME, Neighbourhoods, neighbourhoods, separation
from vitrine.audit.space.plots import similarity_plot, space_map
from vitrine.audit.space.vectors import Space, read_space
from vitrine.audit.target import Target
from vitrine.metrics.bootstrap import Estimate

NAME: Final = "space"
TITLE: Final = "Space of vectors"


def audit(target: Target, data: AuditData, settings: AuditSettings) -> Section:
    """Draw and measure the vectors of products, held-out queries and gibberish.

    Raises:
        DataError: The model fails.
    """
    space = read_space(data, settings)
    if space is None:
        return skipped(NAME, TITLE, f"the answers of {target.name} show no vectors; `--run` brings them")
    auc, found = separation(space, settings.seed), neighbourhoods(space.products, settings.seed)
    plots = (space_map(space, settings.seed), similarity_plot(space))
    tables = (_alone(space, found, settings.worst), _same(space, found, settings.worst)) if found else ()
    figures = []
    if auc:
        figures.append(Figure.of(f"{NAME}.gibberish.auc", auc, len(space.queries), "high"))
    if found:
        figures.append(Figure.of(f"{NAME}.products.near_duplicates", found.with_same, found.products, "low"))
    reading = _reading(space, auc, found)
    return Section(NAME, TITLE, reading, tuple(figures), tables, tuple(plot for plot in plots if plot))


def _reading(space: Space, auc: Estimate | None, found: Neighbourhoods | None) -> str:
    text = (
        f"The vectors of {len(space.ids):,} products' texts, {len(space.queries):,} held-out queries and "
        f"{len(space.gibberish):,} pieces of gibberish. On the maps, distances between clusters mean little; a query "
        "in a cluster of another colour finds the wrong products. "
    )
    if auc:
        text += (
            "By nearness to the nearest product alone, queries are told from gibberish with an area under the ROC "
            f"curve of {auc.value:.3f} [{auc.low:.3f}, {auc.high:.3f}]. "
        )
    if found:
        share = found.with_same
        text += (
            f"{share.value:.1%} [{share.low:.1%}, {share.high:.1%}] of the products have one that is almost the same "
            f"to the encoder, with a cosine of at least {SAME:g}; products far from all others often have faulty texts."
        )
    return text


def _alone(space: Space, found: Neighbourhoods, limit: int) -> Table:
    rows: list[list[Cell]] = [
        [space.ids[row], space.titles[row], space.categories[row], cosine] for row, cosine in found.alone[:limit]
    ]
    return Table("Products without near neighbours", ("product", "title", "category", "mean cosine"), rows)


def _same(space: Space, found: Neighbourhoods, limit: int) -> Table:
    rows: list[list[Cell]] = [
        [space.ids[first], space.titles[first], space.ids[second], space.titles[second], cosine]
        for first, second, cosine in found.same[:limit]
    ]
    return Table("Products that are almost the same", ("product", "title", "other", "title", "cosine"), rows)

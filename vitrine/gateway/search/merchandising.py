"""Merchandising of a ranking: products that come first, are moved, or are left out, by rules, numbers and stock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.merchandising.rule_book import RuleBook
from vitrine.gateway.merchandising.rules import Rule, Selection
from vitrine.gateway.modifiers import OutOfStock
from vitrine.gateway.schemas.values import Placement
from vitrine.gateway.search.categories import Categories
from vitrine.gateway.search.query import RankingQuery
from vitrine.gateway.search.ranking import Ranking, rank

PROBABLE: Final = 0.5
"""Probability from which a predicted category is the one that a search is about."""


DEMOTION: Final = 1e6
"""Standard deviations of the comparable score by which a product is moved that comes after all others."""


@dataclass(frozen=True)
class Merchandising:
    """A shop's part in the order of results: its rules, the weights of numbers, and what is done about stock."""

    rules: tuple[Rule, ...] = ()
    modifiers: Mapping[str, float] = field(default_factory=dict)
    out_of_stock: OutOfStock = "show"

    @property
    def is_empty(self) -> bool:
        """True if the order is that of the ranking."""
        return not (self.rules or self.modifiers or self.out_of_stock == "demote")


@dataclass(frozen=True)
class Effect:
    """The effect of merchandising on a ranking of C products.

    Attributes:
        rules: The names of the rules.
        found: The number of products that the query found; those that follow were added by rules.
        redirect: The address to lead the shopper to, if any.
        order: int32 [C], the positions of the products in the order in which they are shown.
        keys: float64 [C], the comparable score of each place in `order`, falling; infinite for products that come
            first.
        is_hidden: bool [C], whether a product is left out.
        placements: The placement of products that a rule has moved, by position.
        shifts: What each modifier has moved the products by, float64 [C].
        is_demoted: bool [C], whether a product comes after all others because it is out of stock.
    """

    rules: tuple[str, ...]
    found: int
    redirect: str | None
    order: npt.NDArray[np.int32]
    keys: npt.NDArray[np.float64]
    is_hidden: npt.NDArray[np.bool_]
    placements: Mapping[int, Placement]
    shifts: Mapping[str, npt.NDArray[np.float64]]
    is_demoted: npt.NDArray[np.bool_]

    @property
    def has_pinned(self) -> bool:
        """True if products come first that are not hidden."""
        return any(
            placement == "pinned" and not self.is_hidden[position] for position, placement in self.placements.items()
        )

    def with_pinned_only(self) -> "Effect":
        """Return the effect with all products hidden that do not come first."""
        is_pinned = np.zeros(len(self.order), bool)
        is_pinned[[position for position, placement in self.placements.items() if placement == "pinned"]] = True
        return replace(self, is_hidden=self.is_hidden | ~is_pinned)


def applying_rules(
    book: RuleBook,
    ranking: Ranking,
    written: Sequence[str],
    query: RankingQuery,
    categories: Categories,
    time: datetime | None,
) -> tuple[Rule, ...]:
    """Return the rules that apply to a search by words, at `time`, by default now.

    `written` are the ways in which the query was written: as it was typed, interpreted and rewritten.
    """
    if not book.rules or query.kind not in ("text", "both"):
        return ()
    about = [*query.filters.category, *(each.category for each in categories[:1] if each.probability >= PROBABLE)]
    return book.applying(ranking.catalogue, ranking.version.matcher, written, about, time or datetime.now(UTC))


async def merchandised(
    catalogue: Catalogue, merchandising: Merchandising, query: RankingQuery, ranking: Ranking, cache: Cache
) -> tuple[Ranking, Effect]:
    """Return the ranking with the products that come first, where they pass the query's filters, and the effect.

    Raises:
        ApiError: The model fails, or cannot be reached.
    """
    pins = list(dict.fromkeys(product_id for rule in merchandising.rules for product_id in rule.pin))
    found, products = set(ranking.product_ids), ranking.version.products
    missing = tuple(each for each in pins if each not in found and products.row(each) is not None)
    if missing:
        others = await rank(catalogue, replace(query, only=missing, diversity=0.0), cache)
        if others.version is ranking.version:
            ranking = ranking.followed_by(others)
    return ranking, _effect(merchandising, pins, ranking, len(found))


def _effect(merchandising: Merchandising, pins: Sequence[str], ranking: Ranking, found: int) -> Effect:
    """Compute the effect on a ranking, of which the first `found` products are the query's own."""
    products, rows = ranking.version.products, ranking.version.products.rows(ranking.product_ids)
    rules = merchandising.rules
    keys = ranking.comparable.copy()
    keys[ranking.order[:found]] = keys[:found]  # a diverse order keeps the scores of its places
    shift, is_hidden = np.zeros(len(keys)), np.zeros(len(keys), bool)
    for rule in rules:
        for move in rule.boost:
            shift[_selected(products, rows, move)] += move.by
        for move in rule.bury:
            shift[_selected(products, rows, move)] -= move.by
        for selection in rule.hide:
            is_hidden |= _selected(products, rows, selection)
    positions = {product_id: position for position, product_id in enumerate(ranking.product_ids)}
    first = [positions[product_id] for product_id in pins if product_id in positions]
    placements: dict[int, Placement] = {int(position): "boosted" for position in (shift > 0).nonzero()[0]}
    placements |= {int(position): "buried" for position in (shift < 0).nonzero()[0]}
    placements |= dict.fromkeys(first, "pinned")
    shifts = {name: weight * products.standing(name, rows) for name, weight in merchandising.modifiers.items()}
    is_demoted = products.is_out_of_stock(rows) if merchandising.out_of_stock == "demote" else np.zeros(len(keys), bool)
    keys = keys + sum(shifts.values(), start=shift) - np.where(is_demoted, DEMOTION, 0)
    keys[first] = np.inf
    others = ranking.order[~np.isin(ranking.order, first)]
    order = np.concatenate([np.array(first, np.int32), others[np.argsort(-keys[others], kind="stable")]])
    redirect = next((rule.redirect for rule in rules if rule.redirect), None)
    names = tuple(rule.name for rule in rules)
    return Effect(
        names, found, redirect, order.astype(np.int32), keys[order], is_hidden, placements, shifts, is_demoted
    )


def hidden_rows(products: ProductTable, rules: Sequence[Rule]) -> npt.NDArray[np.bool_] | None:
    """Return which of all products, bool [N], rules leave out; None if they leave out none."""
    selections = [selection for rule in rules for selection in rule.hide]
    if not selections:
        return None
    rows = np.arange(len(products.ids))
    hidden: npt.NDArray[np.bool_] = np.logical_or.reduce([_selected(products, rows, each) for each in selections])
    return hidden


def _selected(products: ProductTable, rows: npt.NDArray[np.int64], selection: Selection) -> npt.NDArray[np.bool_]:
    """Return which of the products in `rows`, bool [C], a selection selects."""
    selected: npt.NDArray[np.bool_] = np.isin(rows, products.rows(selection.product_id))
    if not selection.is_empty:
        mask = products.mask(selection)
        selected |= np.ones(len(rows), bool) if mask is None else mask[rows]
    return selected

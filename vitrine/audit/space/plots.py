"""Maps and heat maps of the suite `space`."""

from collections import Counter
from typing import Final

import numpy as np
from matplotlib.figure import Figure as Drawing

from vitrine.audit.section import Plot
from vitrine.audit.space.vectors import Space
from vitrine.plots.heat_map import heat_map
from vitrine.plots.neighbours import group_similarity, similar_first
from vitrine.plots.png import png_bytes
from vitrine.plots.projections import FEWEST, projections
from vitrine.plots.vector_map import vector_map

CATEGORIES: Final = 9
"""The largest categories, which a map shows; more have no colours that can be told apart."""
HEAT_CATEGORIES: Final = 40
EACH: Final = 40
"""Products and queries of a category on a map, and pieces of gibberish; without categories, ten times as many."""
NO_CATEGORY: Final = "products"
GIBBERISH: Final = "gibberish"


def space_map(space: Space, seed: int) -> Plot | None:
    """Draw products, queries and gibberish by each projection; None where there is too little to draw."""
    largest = {name for name, _ in Counter(filter(None, space.categories)).most_common(CATEGORIES)}
    rng = np.random.default_rng(seed)
    products, groups = _chosen(space.categories, largest, rng)
    queries, query_groups = _chosen(space.query_categories, largest, rng)
    gibberish = rng.permutation(len(space.gibberish))[:EACH]
    vectors = np.concatenate([space.products[products], space.query_vectors[queries], space.gibberish[gibberish]])
    if len(vectors) < FEWEST:
        return None
    kinds = np.repeat(["product", "query", GIBBERISH], [len(products), len(queries), len(gibberish)]).tolist()
    maps = projections(vectors, seed)
    drawing = Drawing(figsize=(14, 7), layout="constrained")
    for axes, (name, points) in zip(drawing.subplots(1, len(maps)), maps.items(), strict=True):
        vector_map(axes, points, [*groups, *query_groups, *[GIBBERISH] * len(gibberish)], kinds)
        axes.set_title(name)
    return Plot("map", f"Products, held-out queries and gibberish by {' and '.join(maps)}", png_bytes(drawing))


def _chosen(categories: list[str], largest: set[str], rng: np.random.Generator) -> tuple[list[int], list[str]]:
    """Return rows of the largest categories, at most `EACH` of one, with their groups; some of all without any."""
    order = rng.permutation(len(categories)).tolist()
    if not largest:
        rows = order[: 10 * EACH]
        return rows, [NO_CATEGORY] * len(rows)
    counts: Counter[str] = Counter()
    rows = []
    for row in order:
        if categories[row] in largest and counts[categories[row]] < EACH:
            counts[categories[row]] += 1
            rows.append(row)
    return rows, [categories[row] for row in rows]


def similarity_plot(space: Space) -> Plot | None:
    """Draw the cosines of the mean vectors of the largest categories; None below two categories."""
    largest = [name for name, _ in Counter(filter(None, space.categories)).most_common(HEAT_CATEGORIES)]
    if len(largest) < 2:
        return None
    categories = np.array(space.categories, object)
    similarity = group_similarity(space.products, {name: np.flatnonzero(categories == name) for name in largest})
    order = similar_first(similarity)
    size = 3 + 0.22 * len(order)
    drawing = Drawing(figsize=(size, size), layout="constrained")
    heat_map(drawing.subplots(), similarity.loc[order, order], low=0, high=1)
    return Plot("categories", "Cosine of the mean vectors of the largest categories", png_bytes(drawing))

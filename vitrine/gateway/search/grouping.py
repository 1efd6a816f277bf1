"""Variants of one product as one result, which the variant that comes first represents."""

from collections.abc import Hashable, Sequence

from vitrine.gateway.search.answering import Answer, Place


def representatives(answers: Sequence[Answer], places: Sequence[Place], by_group: bool) -> list[Place]:
    """Return the first of the places of each group of variants, and all places of products without a group.

    Catalogues have groups of their own; the arms of an experiment show the same products. Without `by_group`, all
    places are returned.
    """
    if not by_group or all(answer.ranking.version.products.groups is None for answer in answers):
        return list(places)
    first: dict[Hashable, Place] = {}
    for place in places:
        ranking = answers[place.answer].ranking
        products, product_id = ranking.version.products, ranking.product_ids[place.position]
        (row,) = products.rows([product_id]).tolist()
        group = products.groups.value(row) if products.groups else None
        key = ("product", product_id) if group is None else ("group", group)
        first.setdefault((None if place.arm else ranking.catalogue, *key), place)
    return list(first.values())

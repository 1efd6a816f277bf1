"""Variants of one product as one result, which the variant that comes first represents."""

from collections.abc import Hashable, Sequence

from vitrine.gateway.search.answering import Answer, Place


def representatives(answers: Sequence[Answer], places: Sequence[Place]) -> list[Place]:
    """Return the first of the places of each group of variants, and all places of products without a group.

    Catalogues have groups of their own; the arms of an experiment show the same products.
    """
    if all(answer.ranking.version.products.group is None for answer in answers):
        return list(places)
    first: dict[Hashable, Place] = {}
    for place in places:
        ranking = answers[place.answer].ranking
        product_id = ranking.product_ids[place.position]
        catalogue = None if place.arm else ranking.catalogue
        first.setdefault((catalogue, *ranking.version.products.group_of(product_id)), place)
    return list(first.values())

"""Team-draft interleaving: one list of results from two rankings, in which clicks tell which ranking is preferred."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Interleaved(NamedTuple):
    """Merged products, the best first, and the arm that each comes from."""

    product_ids: list[str]
    teams: list[str]


def team_draft(
    first: Sequence[str], second: Sequence[str], arms: tuple[str, str], length: int, seed: str | int
) -> Interleaved:
    """Merge two rankings (Radlinski, Kurup and Joachims 2008, "How Does Clickthrough Data Reflect Retrieval Quality?").

    The rankings pick in rounds, like captains who pick teams: in each round a coin decides which ranking picks first,
    and each picks its best product that is not yet picked. When one ranking has no more products, the other continues
    alone.

    Args:
        first: Product ids of the first arm, the best first.
        second: Product ids of the second arm, the best first.
        arms: The names of the arms, which become the teams.
        length: The length of the merged list; it is shorter if both rankings are.
        seed: The seed of the coins, such as the request's id. Equal seeds give equal lists, on every machine.
    """
    coins = random.Random(seed)  # noqa: S311 - not for security
    taken: set[str] = set()
    merged = Interleaved([], [])
    remaining = [_untaken(first, taken), _untaken(second, taken)]
    while len(merged.product_ids) < length:
        before = len(merged.product_ids)
        leader = coins.getrandbits(1)
        for captain in (leader, 1 - leader):
            product = next(remaining[captain], None)
            if product is not None and len(merged.product_ids) < length:
                taken.add(product)
                merged.product_ids.append(product)
                merged.teams.append(arms[captain])
        if len(merged.product_ids) == before:
            break
    return merged


def _untaken(ranking: Sequence[str], taken: set[str]) -> Iterator[str]:
    return (product for product in ranking if product not in taken)

"""Team-draft interleaving: one list of results from two rankings, where clicks say which ranking people prefer."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Interleaved(NamedTuple):
    """Merged products, the best first, and the arm that each came from."""

    product_ids: list[str]
    teams: list[str]


def team_draft(
    first: Sequence[str], second: Sequence[str], arms: tuple[str, str], length: int, seed: str | int
) -> Interleaved:
    """Merge two rankings (Radlinski, Kurup and Joachims 2008, "How Does Clickthrough Data Reflect Retrieval Quality?").

    As captains pick teams: round by round, a coin says which ranking picks first, and each picks its best product
    that is not yet picked. When one ranking has no more products, the other one goes on alone: it found more.

    Args:
        first: Product ids, the best first; of the first arm.
        second: Of the second arm.
        arms: Names of the two, which become the teams.
        length: Of the merged list; it is shorter if both rankings are.
        seed: Of the coins, such as the id of the request. Equal seeds give equal lists, on every machine.
    """
    coins = random.Random(seed)  # noqa: S311 - no secret
    taken: set[str] = set()
    merged = Interleaved([], [])
    waiting = [_untaken(first, taken), _untaken(second, taken)]
    while len(merged.product_ids) < length:
        before = len(merged.product_ids)
        leader = coins.getrandbits(1)
        for captain in (leader, 1 - leader):
            product = next(waiting[captain], None)
            if product is not None and len(merged.product_ids) < length:
                taken.add(product)
                merged.product_ids.append(product)
                merged.teams.append(arms[captain])
        if len(merged.product_ids) == before:
            break
    return merged


def _untaken(ranking: Sequence[str], taken: set[str]) -> Iterator[str]:
    return (product for product in ranking if product not in taken)

import pyarrow as pa
import pytest

from vitrine.errors import DataError
from vitrine.judging.agreement import agreement, judged_pools


def table(*labels: str, query: str = "mug") -> pa.Table:
    numbers = range(len(labels))
    return pa.table(
        {"query": [query for _ in numbers], "product_id": [str(number) for number in numbers], "esci_label": [*labels]}
    )


def test_equal_labels_agree_wholly():
    found = agreement(table("E", "S", "C", "I"), table("E", "S", "C", "I"))
    assert (found.queries, found.pairs, found.accuracy, found.kappa, found.weighted_kappa) == (1, 4, 1, 1, 1)


def test_kappa_is_cohens():
    # Cohen (1960): agreement .75, by chance .5.
    found = agreement(table("E", "E", "I", "I"), table("E", "I", "I", "I"))
    assert found.kappa == pytest.approx((0.75 - 0.5) / (1 - 0.5))
    assert found.confusion == [[2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]]


def test_quadratic_weights_count_near_misses_as_smaller():
    near, far = (agreement(table("E", "I", "E", "I"), table("E", "I", other, "I")) for other in ("S", "I"))
    assert near.kappa < 1
    assert near.weighted_kappa > far.weighted_kappa


def test_one_label_shows_no_agreement_beyond_chance():
    assert agreement(table("E", "E"), table("E", "E")).kappa == 0


def test_pairs_of_one_side_do_not_count():
    assert agreement(table("E", "I", "S"), table("E", "I")).pairs == 2
    with pytest.raises(DataError, match="no pair that people have judged was judged by the model"):
        agreement(table("E"), table("E", query="rug"))


def test_pools_are_those_that_people_judged():
    judgements = pa.concat_tables([table("E", "I"), table("S", query="rug")])
    pools = judged_pools(judgements, 10)
    assert {pool.query: pool.products for pool in pools} == {"mug": ("0", "1"), "rug": ("0",)}
    assert judged_pools(judgements, 1) == pools[:1]

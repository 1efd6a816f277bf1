import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitrine.categories.folds import assign_folds, near_duplicates


def test_products_with_one_title_or_one_image_are_a_group() -> None:
    images = np.eye(5, dtype=np.float32)
    images[3] = images[2] + 1e-5
    group = near_duplicates(["Red mug", " red  MUG", "lamp", "hat", ""], images, np.array([True] * 4 + [False]))
    assert group[0] == group[1]
    assert group[2] == group[3]
    assert len(set(group.tolist())) == 3


def test_products_without_title_and_image_are_no_group() -> None:
    assert len(set(near_duplicates(["", ""], None, np.array([False, False])).tolist())) == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=80), st.integers(2, 5))
def test_a_group_is_in_one_fold(rows: list[tuple[int, int]], folds: int) -> None:
    label, group = (np.array(column) for column in zip(*rows, strict=True))
    fold = assign_folds(label, group, folds, seed=1)
    assert all(len(set(fold[group == number].tolist())) == 1 for number in set(group.tolist()))
    assert set(fold.tolist()) <= set(range(folds))


def test_each_class_is_spread_evenly() -> None:
    label = np.repeat([0, 1], [50, 10])
    fold = assign_folds(label, np.arange(60), 5, seed=3)
    assert np.bincount(fold[label == 0]).tolist() == [10] * 5
    assert np.bincount(fold[label == 1]).tolist() == [2] * 5

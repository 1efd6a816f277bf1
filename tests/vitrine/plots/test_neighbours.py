import numpy as np
import pandas as pd

from vitrine.plots.neighbours import group_similarity, nearest_others, similar_first


def test_groups_of_the_same_direction_are_similar():
    vectors = np.array([[1, 0], [2, 0], [0, 1]], np.float32)
    similarity = group_similarity(vectors, {"a": np.array([0]), "b": np.array([1]), "c": np.array([2])})
    assert similarity.to_numpy().round(6).tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_similar_groups_are_adjacent():
    names = ["a", "b", "c"]
    similarity = pd.DataFrame([[1, 0, 0.9], [0, 1, 0], [0.9, 0, 1]], names, names)
    order = similar_first(similarity)
    assert abs(order.index("a") - order.index("c")) == 1
    assert similar_first(similarity.loc[["a"], ["a"]]) == ["a"]


def test_a_vector_is_not_its_own_neighbour():
    vectors = np.eye(4, dtype=np.float32)
    vectors[1] = vectors[0]
    rows, nearest, similar = nearest_others(vectors, 2)
    assert rows.tolist() == [0, 1, 2, 3]
    assert nearest[0, 0] == 1
    assert similar[0, 0] == 1
    assert not (nearest == rows[:, None]).any()

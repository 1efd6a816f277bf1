import numpy as np


def test_queries_are_sorted_and_pairs_point_at_them(world) -> None:
    split = world.held_out
    assert split.ids == sorted(split.ids)
    assert len(split.ids) == 8
    assert [split.ids[index] for index in split.query] == split.pairs.query_id.tolist()
    assert [split.texts[index] for index in split.query] == split.pairs.query.tolist()
    assert set(split.sources) == {"about shoe", "about shirt"}
    np.testing.assert_array_equal(split.vectors, world.encoder.encode_text(split.texts))


def test_ranks_are_those_within_the_query_and_equal_scores_share_their_mean(world) -> None:
    split = world.held_out
    ranks = split.ranks(np.where(split.label == 3, 1.0, 0.0))
    for query in range(len(split.ids)):
        assert sorted(ranks[split.query == query]) == [1, 3.5, 3.5, 3.5, 3.5]

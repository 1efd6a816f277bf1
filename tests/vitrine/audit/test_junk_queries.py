from vitrine.audit.junk_queries import LONG, junk_queries

REAL = ["red checked teapot", "striped travel mug"]


def test_every_kind_has_queries_and_a_seed_gives_the_same_ones() -> None:
    junk = junk_queries(REAL, 3)
    assert all(junk.values())
    assert junk_queries(REAL, 3) == junk
    assert junk_queries(REAL, 4)["letters"] != junk["letters"]


def test_shuffled_words_have_the_letters_of_real_ones_and_are_none_of_them() -> None:
    words = {word for query in junk_queries(REAL, 0)["shuffled"] for word in query.split()}
    real = {word for query in REAL for word in query.split()}
    assert not words & real
    assert {"".join(sorted(word)) for word in words} <= {"".join(sorted(word)) for word in real}


def test_queries_that_are_too_long_have_the_same_length() -> None:
    assert {len(query) for query in junk_queries(REAL, 0)["too_long"]} == {LONG}


def test_without_real_queries_none_are_shuffled() -> None:
    assert junk_queries([], 0)["shuffled"] == []

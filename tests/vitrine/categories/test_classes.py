from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from vitrine.categories.classes import NO_CLASS, find_classes
from vitrine.categories.taxonomy import ancestors, normalised

LEVELS = st.lists(st.sampled_from("ABC"), min_size=0, max_size=3)
CATEGORIES = st.lists(LEVELS.map(" > ".join), max_size=40)


def test_a_rare_category_joins_its_parent_and_a_rare_root_is_left_out() -> None:
    categories = ["A > B"] * 3 + ["A > C"] + ["A > D"] + ["E"]
    classes = find_classes(categories, min_products=2)
    assert classes.names == ["A", "A > B"]
    assert classes.merged == {"A > C": "A", "A > D": "A"}
    assert classes.left_out == {"E": 1}
    assert classes.label.tolist() == [1, 1, 1, 0, 0, NO_CLASS]


def test_a_merged_category_that_is_still_rare_climbs_to_the_root() -> None:
    classes = find_classes(["A > B > C", "A > B > D", "A > E", "A > F"], min_products=3)
    assert classes.names == ["A"]
    assert classes.counts.tolist() == [4]


def test_levels_are_trimmed_and_products_without_a_category_have_no_class() -> None:
    classes = find_classes(["A>B", " A  > B ", "", " > "], min_products=2)
    assert classes.names == ["A > B"]
    assert classes.label.tolist() == [0, 0, NO_CLASS, NO_CLASS]


def test_the_ancestors_of_a_category_begin_at_the_root() -> None:
    assert ancestors("A > B > C") == ["A", "A > B", "A > B > C"]


@given(CATEGORIES, st.integers(1, 5))
def test_every_class_is_large_enough_and_is_an_ancestor_of_its_categories(categories: list[str], least: int) -> None:
    classes = find_classes(categories, least)
    names = [classes.names[label] if label != NO_CLASS else "" for label in classes.label.tolist()]
    assert all(count >= least for name, count in Counter(names).items() if name)
    assert all(name in ancestors(path) for name, path in zip(names, categories, strict=True) if name)
    assert sum(classes.left_out.values()) == sum(
        not name and bool(path) for name, path in zip(names, categories, strict=True)
    )


@given(st.text(alphabet="A B>", max_size=20))
def test_normalising_twice_changes_nothing(category: str) -> None:
    assert normalised(normalised(category)) == normalised(category)

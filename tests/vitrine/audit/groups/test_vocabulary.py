from vitrine.audit.groups.vocabulary import DIMENSIONS, GROUPS, group_queries, named_groups, own_terms


def test_the_groups_of_a_dimension_have_corresponding_phrases():
    for dimension in DIMENSIONS:
        groups = [group for group in GROUPS if group.dimension == dimension]
        assert len(groups) > 1
        assert len({len(group.phrases) for group in groups}) == 1


def test_a_query_has_the_name_of_the_product_in_place():
    women = [query.text for query in group_queries(["shoes"]) if query.group.name == "women"]
    assert women == ["shoes for women", "women's shoes", "shoes for girls"]


def test_a_query_names_groups_by_whole_words():
    assert {group.name for group in named_groups("Women's boots")} == {"women", "adults"}
    assert not named_groups("a menu board")
    assert [group.name for group in named_groups("plus size dress")] == ["plus"]
    assert not named_groups("battery size aa plus charger")


def test_words_that_join_a_phrase_do_not_name_a_group():
    assert all(not own_terms(group) & {"for", "in", "from", "the"} for group in GROUPS)

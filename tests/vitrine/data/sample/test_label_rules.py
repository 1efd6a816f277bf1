import itertools

import pytest

from vitrine.data.sample.categories import CATEGORIES, CATEGORY
from vitrine.data.sample.label_rules import Traits, complements, label, relation

RED_STRIPED_MUG = Traits("mug", "red", "striped", "ceramic", "Dunwick", "350 ml")


@pytest.mark.parametrize(
    ("query", "product", "expected"),
    [
        (Traits("mug"), RED_STRIPED_MUG, "E"),
        (Traits("mug", "red", "striped"), RED_STRIPED_MUG, "E"),
        (Traits("mug", material="ceramic", brand="Dunwick", size="350 ml"), RED_STRIPED_MUG, "E"),
        (Traits("mug", "blue", "striped"), RED_STRIPED_MUG, "S"),
        (Traits("mug", "red", "plain"), RED_STRIPED_MUG, "S"),
        (Traits("mug", material="porcelain"), RED_STRIPED_MUG, "S"),
        (Traits("mug", brand="Arvelle"), RED_STRIPED_MUG, "S"),
        (Traits("mug", size="250 ml"), RED_STRIPED_MUG, "S"),
        (Traits("travel mug", "red", "striped"), RED_STRIPED_MUG, "S"),
        (Traits("sneakers"), Traits("boots", "black"), "S"),
        (Traits("teapot", "red", "striped"), RED_STRIPED_MUG, "C"),
        (Traits("phone"), Traits("phone case", "green"), "C"),
        (Traits("phone case"), Traits("phone", "green"), "C"),
        (Traits("camera bag"), Traits("camera", "pink"), "C"),
        (Traits("phone", "red"), Traits("phone", "green"), "S"),
        (Traits("bicycle", "red"), RED_STRIPED_MUG, "I"),
        (Traits("lid"), Traits("phone case"), "I"),
    ],
)
def test_the_rules_label_a_pair(query: Traits, product: Traits, expected: str) -> None:
    assert label(query, product) == expected


def test_relations_are_symmetric_and_name_categories_that_exist() -> None:
    for asked, offered in itertools.product(CATEGORY, CATEGORY):
        assert relation(asked, offered) == relation(offered, asked)
    assert all(set(complements(name)) <= set(CATEGORY) for name in CATEGORY)
    assert complements("camera") == ("camera bag", "tripod")


def test_every_category_has_a_substitute_or_a_complement() -> None:
    for name in CATEGORY:
        kinds = {relation(name, other) for other in CATEGORY if other != name}
        assert kinds & {"substitute", "complement"}, name


def test_the_categories_of_a_tiny_catalogue_relate_to_each_other() -> None:
    tiny = [category.name for category in CATEGORIES[:8]]
    for name in tiny:
        assert {relation(name, other) for other in tiny if other != name} & {"substitute", "complement"}, name

from collections import Counter

from vitrine.data.sample.attributes import COLOURS, PATTERNS
from vitrine.data.sample.categories import CATEGORIES, categories_for
from vitrine.data.sample.drawing.product_image import SHAPES


def test_there_is_a_shop_full_of_categories_colours_and_patterns() -> None:
    assert (len(CATEGORIES), len(COLOURS), len(PATTERNS)) == (40, 12, 5)


def test_every_category_has_a_shape_and_every_shape_a_category() -> None:
    assert set(SHAPES) == {category.name for category in CATEGORIES}


def test_words_mean_one_thing() -> None:
    words = Counter(word for category in CATEGORIES for word in (*category.names, *category.purposes))
    words.update(word for colour in COLOURS for word in (colour.name, *colour.synonyms))
    words.update(word for pattern in PATTERNS for word in (*pattern.adjectives, *pattern.phrases))
    assert [word for word, count in words.items() if count > 1] == []


def test_a_small_catalogue_has_fewer_categories_and_each_has_several_products() -> None:
    assert [len(categories_for(products)) for products in (20, 240, 700, 2000, 2800)] == [8, 8, 10, 28, 40]

from vitrine.gateway.search.reasons import explain, text_of

PRODUCT = {
    "title": "Red Running Shoes", "brand": "Avelo", "color": "crimson", "category": "sneakers",
    "category_predicted": False, "description": "",
}  # fmt: skip


def test_a_predicted_category_is_no_word_of_the_product() -> None:
    assert text_of(PRODUCT) == "Red Running Shoes . Avelo . crimson . sneakers . "
    assert text_of(PRODUCT | {"category_predicted": True}) == "Red Running Shoes . Avelo . crimson .  . "


def test_the_summary_names_words_and_strong_similarities() -> None:
    reason = explain(["red", "shoe", "avelo"], 2.5, 1.2, {})
    assert reason.summary == (
        "Has “red”, “shoe” and “avelo”; its text is very close to what was asked for; "
        "its image is close to what was asked for"
    )


def test_weak_similarities_are_reported_as_such() -> None:
    reason = explain([], 0.3, None, {})
    assert reason.words == []
    assert reason.summary == "The closest match, though neither its words nor its similarity are strong"
    assert reason.by_image is None


def test_moves_by_numbers_are_named_unless_they_are_small() -> None:
    reason = explain(["red"], None, None, {"popularity": 0.4, "units_sold": 0.2, "price": -0.3, "stock": 0.01})
    assert reason.summary == "Has “red”; moved up for its popularity and units sold; moved down for its price"
    assert reason.modifiers == {"popularity": 0.4, "units_sold": 0.2, "price": -0.3, "stock": 0.01}

from vitrine.gateway.search.reasons import explain, lowercase_words, matched_words

PRODUCT = {
    "title": "Red Running Shoes", "brand": "Avelo", "color": "crimson", "category": "sneakers",
    "category_predicted": False, "description": "",
}  # fmt: skip


def test_words_match_in_any_form_and_once() -> None:
    assert matched_words(lowercase_words("a RED shoe to run in, red!"), PRODUCT) == ["red", "shoe", "run"]


def test_a_predicted_category_is_no_word_of_the_product() -> None:
    assert matched_words(["sneakers"], PRODUCT) == ["sneakers"]
    assert matched_words(["sneakers"], PRODUCT | {"category_predicted": True}) == []


def test_the_summary_names_words_and_strong_similarities() -> None:
    reason = explain(["red", "shoe", "avelo"], PRODUCT, 2.5, 1.2)
    assert reason.summary == (
        "Has “red”, “shoe” and “avelo”; its text is very close to what was asked for; "
        "its image is close to what was asked for"
    )


def test_weak_similarities_are_reported_as_such() -> None:
    reason = explain(["mug"], PRODUCT, 0.3, None)
    assert reason.words == []
    assert reason.summary == "The closest match, though neither its words nor its similarity are strong"
    assert reason.by_image is None

from vitrine.gateway.search.reasons import explain, matched, words_of

PRODUCT = {"title": "Red Running Shoes", "brand": "Avelo", "color": "crimson", "category": "shoes", "description": ""}


def test_words_match_in_any_form_and_once() -> None:
    assert matched(words_of("a RED shoe to run in, red!"), PRODUCT) == ["red", "shoe", "run"]


def test_the_summary_names_words_and_strong_sides() -> None:
    why = explain(["red", "shoe", "avelo"], PRODUCT, 2.5, 1.2)
    assert why.summary == (
        "Has “red”, “shoe” and “avelo”; its text is very close to what was asked for; "
        "its picture is close to what was asked for"
    )


def test_weak_likeness_is_not_dressed_up() -> None:
    why = explain(["mug"], PRODUCT, 0.3, None)
    assert why.words == []
    assert why.summary == "The closest that there is, though neither words nor likeness are strong"
    assert why.by_image is None

import numpy as np
import pytest

from vitrine.audit.robustness.wording import WORDING, plural, singular

KINDS = {kind.name: kind for kind in WORDING}


def rewritten(name: str, query: str) -> str | None:
    return KINDS[name].rewrite(query, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("mug", "mugs"),
        ("dress", "dresses"),
        ("watch", "watches"),
        ("battery", "batteries"),
        ("scarf", "scarves"),
        ("toy", "toys"),
    ],
)
def test_nouns_have_two_numbers(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one


@pytest.mark.parametrize("word", ["glass", "canvas", "xqzts"])
def test_not_every_s_is_a_plural(word: str) -> None:
    assert singular(word) is None


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("number", "a red mug with stripes", "red mugs with stripes"),
        ("number", "boots in blue", "boot in blue"),
        ("number", "something to sit on", None),
        ("joined", "guitar strap", "guitarstrap"),
        ("joined", "mug", None),
        ("split", "grey backpack", "grey back pack"),
        ("split", "red mug", None),
        ("hyphen", "travel mug", "travel-mug"),
        ("slang", "red bicycle", "red bike"),
        ("slang", "xqzt", None),
        ("order", "red mug", "mug red"),
        ("order", "mug", None),
        ("verbose", "what can i use to sit on", None),
        ("unit_long", "strap 150 cm", "strap 150 centimetres"),
        ("unit_space", "strap 150 cm", "strap 150cm"),
        ("unit_space", "64gb card", "64 gb card"),
    ],
)
def test_a_query_in_another_form(name: str, query: str, expected: str | None) -> None:
    assert rewritten(name, query) == expected


def test_a_sentence_contains_the_query() -> None:
    assert "red mug" in (rewritten("verbose", "red mug") or "")


def test_a_query_without_a_measurement_is_left_out() -> None:
    assert KINDS["unit_long"].apply(["red mug"], 0) == [None]

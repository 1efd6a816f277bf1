import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from vitrine.data.images.additional_images import MAX_VIEWS, format_views, parse_views, product_images


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=MAX_VIEWS))
def test_what_is_written_is_read_again_and_is_one_line_of_plain_characters(views: list[str]) -> None:
    written = format_views(views)
    assert parse_views(written) == tuple(views)
    assert written.isascii()
    assert written.isprintable()


def test_no_view_is_an_empty_cell() -> None:
    assert format_views([]) == ""
    assert parse_views("") == ()


def test_the_main_image_comes_first_and_each_once() -> None:
    assert product_images("b.jpg", '["a.jpg", "b.jpg", "", "a.jpg"]') == ["b.jpg", "a.jpg"]
    assert product_images("", '["a.jpg"]') == ["a.jpg"]
    assert product_images("", "") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("['a.jpg']", 'is not a JSON list of paths or addresses, such as ["a.jpg", "b.jpg"]'),
        ('{"a": 1}', "is not a JSON list"),
        ("7", "is not a JSON list"),
        ('["a.jpg", null]', "is not a JSON list"),
        ("[" * 100_000, "is not a JSON list"),
        (json.dumps(["a.jpg"] * 11), "has 11 images, which are more than the 10 allowed"),
        (r'["\ud800"]', "has half of a surrogate pair"),
    ],
)
def test_lists_that_are_none_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has) ") as raised:
        parse_views(text)
    assert str(raised.value).startswith(reason)

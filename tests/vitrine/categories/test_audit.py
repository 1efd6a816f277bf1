from pathlib import Path

import pandas as pd
import pytest

from vitrine.categories.audit import audit, read_audit
from vitrine.errors import DataError


def product(product_id: str, category: str, text: tuple[str, float] | None, image: tuple[str, float] | None) -> dict:
    """Return a row of predictions; an uncategorised product is predicted by both inputs as by its text."""
    by_text, by_image = text or (None, None), image or (None, None)
    return {
        "product_id": product_id,
        "title": f"Product {product_id}",
        "category": category,
        "image": "",
        "class": category or None,
        "text_category": by_text[0],
        "text_probability": by_text[1],
        "image_category": by_image[0],
        "image_probability": by_image[1],
        "both_category": by_text[0] if text and image else None,
        "both_probability": 0.75 if text and image else None,
    }


def findings(*products: dict) -> list[tuple[str, str, str | None, float]]:
    table = audit(pd.DataFrame(products))
    columns = ["product_id", "finding", "predicted", "probability"]
    return [tuple(row) for row in table[columns].astype(object).where(table[columns].notna(), None).to_numpy()]


def test_a_category_that_text_and_image_contradict_is_found_the_most_confident_first() -> None:
    found = findings(
        product("1", "mugs", ("hats", 0.9), ("hats", 0.6)),
        product("2", "mugs", ("mugs", 0.9), ("mugs", 0.9)),
        product("3", "mugs", ("lamps", 0.8), None),
    )
    assert found == [("3", "category", "lamps", 0.8), ("1", "category", "hats", 0.6)]


def test_text_and_image_that_say_different_things_are_found() -> None:
    assert findings(product("1", "mugs", ("mugs", 0.9), ("hats", 0.7))) == [("1", "inputs", None, 0.7)]


def test_a_missing_category_gets_the_prediction_by_both_inputs() -> None:
    found = findings(product("1", "", ("mugs", 0.9), ("hats", 0.7)), product("2", "", None, ("hats", 0.5)))
    assert found == [("1", "missing", "mugs", 0.75), ("2", "missing", "hats", 0.5)]


def test_products_without_text_and_image_or_of_a_rare_category_are_no_finding() -> None:
    rare = product("2", "rakes", ("mugs", 0.9), None) | {"class": None}
    assert findings(product("1", "", None, None), rare) == []


def test_a_run_without_a_head_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the run has trained no category head"):
        read_audit(tmp_path)

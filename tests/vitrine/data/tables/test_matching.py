from pathlib import Path

import pytest

from vitrine.data.tables.matching import match_columns
from vitrine.errors import DataError

FILE = Path("catalogue.csv")
KNOWN = {"product_id": ("product_id",), "title": ("title",), "color": ("color", "colour"), "price": ("price",)}


def match(*header: str, **chosen: str):
    return match_columns(FILE, header, KNOWN, chosen, ("product_id",), [])


def test_names_match_without_case_white_space_and_punctuation():
    matched = match("Product ID", " TITLE ", "Colour", "g:price", "link", "")
    assert matched.columns == {
        "product_id": ("Product ID",),
        "title": (" TITLE ",),
        "color": ("Colour",),
        "price": ("g:price",),
    }
    assert matched.unused == ["link"]
    assert matched.absent == []


def test_an_equal_name_comes_before_a_similar_one():
    assert match("product_id", "Title", "title").columns["title"] == ("title",)


def test_two_similar_names_are_not_guessed():
    with pytest.raises(DataError, match=r"columns 'Title' and 'TITLE' may both be title; .* --map title=COLUMN"):
        match("product_id", "Title", "TITLE")


def test_the_users_choice_comes_first_and_may_be_no_column():
    matched = match("product_id", "Name", "title", "price", title="name", price="")
    assert matched.columns["title"] == ("Name",)
    assert matched.unused == ["title", "price"]
    assert matched.absent == ["color"]


def test_a_chosen_column_must_be_there():
    with pytest.raises(DataError, match=r"column 'name' is missing; the file has 'product_id', 'x'\. .*--map title="):
        match("product_id", "x", title="name")


def test_a_choice_of_ids_for_the_other_file_leaves_this_one_its_own():
    assert match("product_id", product_id="sku").columns["product_id"] == ("product_id",)


def test_ids_that_are_read_from_another_column_than_the_chosen_one_are_a_warning():
    notes: list[str] = []
    match_columns(FILE, ["product_id", "barcode"], KNOWN, {"product_id": "barcod"}, ("product_id",), notes)
    (note,) = notes
    assert note == (
        "warning: catalogue.csv: no column 'barcod', so product_id is read from 'product_id'; if it is meant for the "
        "other file alone, write --map FILE.product_id=barcod"
    )
    match_columns(FILE, ["product_id", "barcode"], KNOWN, {"product_id": "Barcode"}, ("product_id",), notes)
    assert len(notes) == 1


def test_a_choice_of_ids_for_this_file_alone_must_be_there():
    with pytest.raises(DataError, match=r"column 'barcod' is missing; the file has 'product_id', 'barcode'"):
        match_columns(
            FILE, ["product_id", "barcode"], KNOWN, {"product_id": "barcod"}, ("product_id",), [], shared_id=False
        )

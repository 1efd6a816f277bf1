from pathlib import Path

import pytest

from vitrine.errors import ConfigError, DataError
from vitrine.features.offers.attributes import declare, parse_declarations, read_attributes


def test_declared_attributes_are_kept_beside_those_of_every_shop(tmp_path: Path) -> None:
    declare(tmp_path, {"rating": "number"})
    declare(tmp_path, {"rating": "number", "badge": "text"})
    assert read_attributes(tmp_path).kinds == {
        "price": "number", "stock": "integer", "popularity": "number", "hidden": "flag",
        "rating": "number", "badge": "text",
    }  # fmt: skip


def test_an_attribute_keeps_its_kind(tmp_path: Path) -> None:
    declare(tmp_path, {"rating": "number"})
    with pytest.raises(ConfigError, match="attribute rating is a number, and cannot become a text"):
        declare(tmp_path, {"rating": "text"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rating", "--attribute rating: expected NAME=KIND"),
        ("rating=decimal", "'decimal' is not one of number, integer, flag, text"),
        ("Rating=number", "'Rating': a name has lower-case letters"),
        ("title=text", "is no column of the catalogue"),
    ],
)
def test_what_cannot_be_declared_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_declarations([text])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "attributes.json").write_text("[1]")
    with pytest.raises(DataError, match=r"attributes\.json: not a file of attributes"):
        read_attributes(tmp_path)

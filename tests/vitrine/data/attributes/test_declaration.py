import pytest
from pydantic import TypeAdapter, ValidationError

from vitrine.data.attributes.declaration import Attribute, Attributes

ATTRIBUTES = TypeAdapter(Attributes)


def test_a_type_alone_is_a_declaration() -> None:
    declared = ATTRIBUTES.validate_python({"size": "keyword", "weight": {"type": "number", "unit": "kg"}})
    assert declared == {"size": Attribute(type="keyword"), "weight": Attribute(type="number", unit="kg")}


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"size": "colour"}, "Input should be 'text'"),
        ({"price": "number"}, "price is a column with a meaning of its own"),
        ({"Size": "keyword"}, "String should match pattern"),
        ({"size": {"type": "keyword", "unit": "kg"}}, "a keyword has no unit"),
        ({"size": {"type": "keyword", "newest": True}}, "only a time does"),
        ({name: {"type": "time", "newest": True} for name in "ab"}, "only one attribute can say what is newest"),
        ({"size": {"type": "number", "group": True}}, "only a keyword does"),
        ({name: {"type": "keyword", "group": True} for name in "ab"}, "only one attribute can group variants"),
        ({"size": {"type": "keyword", "facet": True}}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_declaration_is_refused(declared: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ATTRIBUTES.validate_python(declared)

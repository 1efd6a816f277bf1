"""Checks of the values of fields."""

import pytest
from pydantic import BaseModel, PositiveInt, model_validator

from vitrine.encoders.field_values import validated
from vitrine.errors import DataError


class Inner(BaseModel):
    width: PositiveInt = 4
    heads: PositiveInt = 2

    @model_validator(mode="after")
    def _even(self):
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        return self


class Outer(Inner):
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 0}, "here: width: Input should be greater than 0"),
        ({"inner": {"heads": "x"}}, "here: inner.heads: Input should be a valid integer, unable to parse string as"),
        ({"inner": {"heads": 3}}, "here: inner: width 4 is not a multiple of heads 3"),
        ({"heads": 3}, "here: width 4 is not a multiple of heads 3"),
    ],
)
def test_a_value_that_is_not_supported_is_named_by_its_place(fields, message):
    with pytest.raises(DataError) as raised:
        validated(Outer, fields, "here")
    assert str(raised.value).startswith(message)


def test_supported_values_are_kept():
    assert validated(Outer, {"inner": {"width": 6}}, "here").inner.width == 6

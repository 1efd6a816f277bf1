"""Checks of the values of fields."""

import pytest
from pydantic import BaseModel, PositiveInt, model_validator

from vitrine.encoders.field_values import added_tokens, json_object, positive_int, strings, token_limit, validated
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


@pytest.mark.parametrize("value", [None, True, "512", 0, -1, 1.5, [1]])
def test_other_values_than_positive_whole_numbers_are_named(value):
    with pytest.raises(DataError) as raised:
        positive_int(value, "here: width")
    assert str(raised.value) == f"here: width: expected a positive whole number, found {value!r}"
    assert positive_int(512, "here") == 512


def test_other_values_than_objects_and_lists_of_strings_are_named():
    for value in (None, "a", ["a"], 3):
        with pytest.raises(DataError, match=f"here: expected an object, found {type(value).__name__}"):
            json_object(value, "here")
    for other in (None, "a", [3], {}):
        with pytest.raises(DataError, match="here: expected a list of strings, found"):
            strings(other, "here")
    assert (json_object({"a": 1}, "here"), strings(["a"], "here")) == ({"a": 1}, ["a"])


@pytest.mark.parametrize("value", [True, "512", -1, 0.5, float("nan"), [3]])
def test_other_values_than_numbers_of_tokens_are_named(value):
    with pytest.raises(DataError, match="here: expected a number of tokens, found"):
        token_limit(value, "here")


@pytest.mark.parametrize(("value", "limit"), [(None, None), (0, None), (512, 512), (1e30, 1e30)])
def test_a_bound_on_tokens_may_be_missing_or_too_large_to_matter(value, limit):
    assert token_limit(value, "here") == limit


@pytest.mark.parametrize("listed", ["x", [1], {"0": "[PAD]"}, {"0": {"id": 0}}, {"first": {"content": "[PAD]"}}])
def test_added_tokens_that_cannot_be_read_are_named(listed):
    with pytest.raises(DataError, match="here: added_tokens_decoder is not an object of tokens with 'content'"):
        added_tokens({"added_tokens_decoder": listed}, "here")


def test_added_tokens_may_be_missing():
    assert added_tokens({}, "here") == added_tokens({"added_tokens_decoder": None}, "here") == {}

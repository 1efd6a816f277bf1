"""Numbers with a unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.attributes.quantities import read_number


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1.5", "kg", 1.5),
        ("1.5 kg", "kg", 1.5),
        ("1.5KG", "kg", 1.5),
        ("1500 g", "kg", 1.5),
        ("1500 grams", "kg", 1.5),
        ("2 lbs", "g", 907.18474),
        ("12 in", "cm", 30.48),
        ('27"', "inch", 27.0),
        ("33 cl", "ml", 330.0),
        ("1 TB", "GB", 1000.0),
        ("5 Ah", "mAh", 5000.0),
        ("90 min", "h", 1.5),
        ("20 °C", "°F", 68.0),
        ("36\u00a0km/h", "m/s", 10.0),
        ("12 Stück", "Stück", 12.0),
        ("12 pcs", "pcs", 12.0),
        ("95 %", "%", 95.0),
    ],
)
def test_a_number_is_in_the_unit_of_its_attribute(text: str, unit: str, number: float) -> None:
    assert read_number(text, unit) == number


@pytest.mark.parametrize(
    ("text", "unit", "reason"),
    [
        ("1.5 kg", "", "a unit where none is declared"),
        ("1.5 kg", "cm", "Cannot convert from 'kilogram'"),
        ("1.5 foo", "kg", "'foo' is not defined"),
        ("1 kg kg", "kg", "no decimal number"),
        ("1 kg**9", "kg", "no decimal number"),
        ("1 ''", "kg", "no decimal number"),
        ("1 /", "kg", "no decimal number"),
        ("1 kg", "Stück", "'Stück' is not defined"),
        ("9e20 g", "kg", "too large"),
        ("1 __import__", "kg", "no decimal number"),
    ],
)
def test_what_does_not_convert_is_refused(text: str, unit: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_number(text, unit)


@given(st.text(alphabet="0123456789.eE+- abcdghiklmnstzACGHKMV°µ%/\"'", max_size=25), st.sampled_from(["", "kg", "h"]))
def test_any_text_is_a_number_in_bounds_or_refused(text: str, unit: str) -> None:
    try:
        number = read_number(text, unit)
    except ValueError:
        return
    assert abs(number) <= 1e15


@given(st.floats(-1e9, 1e9, allow_subnormal=False))
def test_a_conversion_and_its_inverse_are_the_identity(number: float) -> None:
    text = f"{number:.9f}"
    inches = read_number(f"{text} cm", "inch")
    assert read_number(f"{inches:.12f} inch", "cm") == pytest.approx(float(text), rel=1e-9, abs=1e-9)

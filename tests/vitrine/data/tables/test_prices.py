import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.contract.rules import DECIMAL
from vitrine.data.tables.prices import AMBIGUOUS, UNREADABLE, PriceReader


def read(*prices: str, decimal: str = ""):
    numbers, codes, reasons = PriceReader(decimal).read(pa.chunked_array([list(prices)], pa.string()))
    return numbers.to_pylist(), codes.to_pylist(), reasons


@pytest.mark.parametrize(
    ("text", "number", "code"),
    [
        ("1.299,00 EUR", "1299.00", "EUR"),
        ("1,299.00 USD", "1299.00", "USD"),
        ("12,50 €", "12.50", "EUR"),
        ("$12.5", "12.5", "$"),
        ("US $ 1,299.00", "1299.00", "USD"),
        ("CHF 1'299.00", "1299.00", "CHF"),
        ("1 299,90 zł", "1299.90", "PLN"),
        ("Rs. 1,29,999.00", "129999.00", "INR"),
        ("12,- €", "12", "EUR"),
        ("12.345.678", "12345678", ""),
        ("0.999", "0.999", ""),
        ("12.3456", "12.3456", ""),
        ("1e3", "1e3", ""),
        ("7", "7", ""),
        ("", "", ""),
    ],
)
def test_prices_are_read_with_their_currency(text, number, code):
    assert read(text) == ([number], [code], {})


@pytest.mark.parametrize(
    "text", ["cheap", "from 12", "12-15", "-5", "12.50/m", "1.2.3", "12 pcs", "1,29,99.00", "٣", "12 50", ".", "1,5,0"]
)
def test_other_texts_are_no_prices(text):
    assert read(text) == ([""], [""], {text: UNREADABLE})


@pytest.mark.parametrize("text", ["1.299", "1,299"])
def test_three_digits_after_a_mark_are_not_guessed(text):
    assert read(text) == ([""], [""], {text: AMBIGUOUS})


@pytest.mark.parametrize(("other", "number"), [("9,50", "1299"), ("9.50", "1.299")])
def test_other_prices_of_the_column_show_the_decimal_mark(other, number):
    assert read("1.299", other)[0][0] == number


def test_prices_that_contradict_each_other_decide_nothing():
    assert read("1.299", "9.50", "9,50")[2] == {"1.299": AMBIGUOUS}


def test_earlier_blocks_show_the_decimal_mark_too():
    reader = PriceReader()
    reader.read(pa.chunked_array([["9,50"]]))
    assert reader.read(pa.chunked_array([["1.299"]]))[0].to_pylist() == ["1299"]


@pytest.mark.parametrize("decimal", ["", "."])
def test_the_first_price_that_only_the_marks_decide_about_is_kept_as_a_guess(decimal):
    reader = PriceReader(decimal)
    for prices in (["12.50", "0.999", "1,299.00"], ["1.299 EUR", "2.999"], ["3.999"]):
        reader.read(pa.chunked_array([prices]))
    assert reader.guess == (None if decimal else ("1.299", "1.299"))


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [("1.299", ",", "1299"), ("1.299", ".", "1.299"), ("1,299", ".", "1299"), ("1,299", ",", "1.299")],
)
def test_a_given_mark_decides(text, decimal, number):
    assert read(text, decimal=decimal)[0] == [number]


def test_a_price_against_the_given_mark_is_refused():
    assert read("10.50", decimal=",")[2] == {"10.50": UNREADABLE}


def test_the_currencies_of_a_column_are_collected():
    reader = PriceReader()
    reader.read(pa.chunked_array([["5 EUR", "5 USD", "5", "6 EUR"]]))
    assert list(reader.currencies) == ["EUR", "USD"]


@given(st.text(st.sampled_from("0123456789.,' €EUR-"), max_size=12))
def test_what_is_read_is_a_number_of_the_contract(text):
    numbers, _, reasons = read(text)
    (matches,) = pa.compute.match_substring_regex(pa.array(numbers), DECIMAL).to_pylist()
    assert matches or (numbers == [""] and (text in reasons or not text))

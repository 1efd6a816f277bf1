import pytest

from vitrine.data.tables.currencies import currency_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" € ", "EUR"),
        ("eur", "EUR"),
        ("US $", "USD"),
        ("Rs.", "INR"),
        ("zł", "PLN"),
        ("$", "$"),
        ("kr.", "kr"),
        (" ", ""),
    ],
)
def test_signs_abbreviations_and_codes_are_known(text, code):
    assert currency_code(text) == code


@pytest.mark.parametrize("text", ["pcs", "from", "EURO/m", "€$"])
def test_other_words_are_no_currency(text):
    assert currency_code(text) is None

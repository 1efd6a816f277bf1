import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitrine.rewriting.shop import VOCABULARY, rewrite
from vitrine.rewriting.rewrite import Change
from vitrine.rewriting.units import Units
from vitrine.text.units import UNITS
from vitrine.text.words import vocabulary_of

SHOP = Units(VOCABULARY)


def normalised(query: str) -> str:
    return SHOP.normalise(query)[0]


@pytest.mark.parametrize("typed", ["5 inches", "5in", '5"', "5″", "5-inch", "5INCHES"])
def test_spellings_become_the_catalogues_own_form(typed):
    assert normalised(f"phone {typed}, red") == "phone 5 inch, red"


def test_numbers_keep_their_decimals_and_their_unit():
    assert normalised("tv 6.1in") == "tv 6.1 inch"
    assert normalised("mug 1500millilitres or 1,5 ml") == "mug 1500 ml or 1,5 ml"


@pytest.mark.parametrize(
    "query",
    [
        "2 in 1",  # no measure
        "rtx30in",  # a model code
        "5 INCH",  # differs in case only
        '"iphone 5" case',  # a quotation
        "1.5 l",  # a unit that the catalogue does not use
        "5G",
        "under 20 pounds",
        "5 inche\u017f 5\u0131n 5\u0130N",  # letters that are equal to s and i in some case
    ],
)
def test_other_texts_are_left_alone(query):
    assert normalised(query) == query


def test_a_form_that_the_catalogue_uses_often_enough_is_its_own():
    mixed = vocabulary_of(["5 inch"] * 50 + ['5"'] * 5 + ["5in"] * 4)
    assert Units(mixed).normalise('5" or 5in') == ('5" or 5 inch', [Change("unit", "5in", "5 inch")])


def test_the_form_is_written_as_the_catalogue_writes_it():
    assert Units(vocabulary_of(["64GB"])).normalise("64 gigabytes")[0] == "64GB"


def test_rules_report_units():
    assert rewrite('phone 5"').changes == (Change("unit", '5"', "5 inch"),)


def test_no_spelling_belongs_to_two_units():
    spellings = [spelling for unit_spellings in UNITS.values() for spelling in unit_spellings]
    assert len(spellings) == len(set(spellings))


@given(st.from_regex(r'[0-9]{1,3}(\.[0-9])?[ -]?(in|inch|inches|"|m|metres|ml|gb)( x 5in)?', fullmatch=True))
def test_what_is_normalised_is_in_the_catalogues_form(query):
    once = normalised(query)
    assert normalised(once) == once

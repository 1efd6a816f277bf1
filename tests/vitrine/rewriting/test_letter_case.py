import pytest

from vitrine.rewriting.letter_case import in_case_of


@pytest.mark.parametrize(
    ("before", "after", "styled"),
    [
        ("LETHER", "leather", "LEATHER"),
        ("Lether", "leather", "Leather"),
        ("lETHER", "leather", "leather"),
        ("FUS", "fuß", "fuß"),
    ],
)
def test_a_replacement_has_the_case_of_what_it_replaces(before: str, after: str, styled: str) -> None:
    assert in_case_of(before, after) == styled

import pytest

from vitrine.experiments.verdict import format_p


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "p < .001"),
        (0.0004, "p < .001"),
        (0.004, "p = .004"),
        (0.0234, "p = .02"),
        (0.1, "p = .10"),
        (1.0, "p = 1.00"),
    ],
)
def test_p_values_are_worded_as_papers_do(value: float, text: str) -> None:
    assert format_p(value) == text

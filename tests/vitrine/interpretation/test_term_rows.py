import pyarrow as pa

from vitrine.interpretation.term_rows import TermRows

ROWS = TermRows(pa.array(["red mug", "mug", None, "Mugs in red", "sugar free", "without the sugar", "sugar"]))


def test_phrases_are_found_in_any_inflection_and_not_across_texts() -> None:
    assert ROWS.have(["red", "mug"]).tolist() == [True, False, False, False, False, False, False]
    assert ROWS.have(["mug"]).nonzero()[0].tolist() == [0, 1, 3]
    assert not ROWS.any_has(["mug", "mug"])


def test_negated_phrases_do_not_count() -> None:
    assert ROWS.have(["sugar"]).nonzero()[0].tolist() == [6]
    assert ROWS.any_has(["sugar", "free"])


def test_a_text_may_consist_of_a_phrase() -> None:
    assert ROWS.equal(["mug"]).nonzero()[0].tolist() == [1]
    assert ROWS.empty.nonzero()[0].tolist() == [2]


def test_no_text_has_no_terms() -> None:
    assert TermRows(pa.array([], pa.string())).have(["mug"]).tolist() == []

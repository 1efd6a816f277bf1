import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.text.characters import BREAKS, SPACES, has_controls, has_odd_spaces, is_printable_ascii


@pytest.mark.parametrize(
    ("texts", "expected"),
    [([], True), (["", " ~"], True), (["a", "é"], False), (["a\n"], False), (["\x7f"], False), (["\x80"], False)],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_only_printable_ascii_passes(texts, expected, kind):
    assert is_printable_ascii(pa.array(texts, kind)) is expected
    assert is_printable_ascii(pa.chunked_array([pa.array(texts, kind), pa.array(["x"], kind)])) is expected


def test_the_rows_of_a_slice_count_only():
    texts = pa.array(["é", "a", None, "\n"])
    assert is_printable_ascii(texts.slice(1, 2))
    assert not is_printable_ascii(texts.slice(1))


TEXTS = st.lists(
    st.text(st.sampled_from([*SPACES, *BREAKS, "a", "é", "\u0100", "\x80", "\x9f", "\n", "中", "€", "☕"]), max_size=4)
)


@given(TEXTS, st.sampled_from([pa.string(), pa.large_string()]))
def test_controls_and_odd_spaces_are_found_wherever_they_are(texts, kind):
    characters = set("".join(texts))
    controls = {character for character in characters if character < " " or "\x7f" <= character <= "\x9f"}
    breaks = characters & set(BREAKS)
    column = pa.chunked_array([pa.array(texts[:1], kind), pa.array(texts[1:], kind)])
    assert has_controls(column) is bool(controls or breaks)
    assert has_odd_spaces(column) is bool(controls or breaks or characters & set(SPACES))

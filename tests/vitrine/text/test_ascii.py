import pyarrow as pa
import pytest

from vitrine.text.ascii import is_printable_ascii


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

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
from hypothesis import given

from vitrine.embeddings.known_vectors import KnownVectors, content_key, fill_known, key_column, keys_of, keys_of_column

CONTENTS = st.lists(st.one_of(st.none(), st.text("ab", max_size=2).map(str.encode)), max_size=8)


def digests(contents: list[bytes | None]) -> list[bytes | None]:
    return [None if content is None else content_key(content) for content in contents]


@given(CONTENTS)
def test_keys_survive_their_column(contents: list[bytes | None]) -> None:
    keys = keys_of(digests(contents))
    np.testing.assert_array_equal(keys_of_column(pa.chunked_array([key_column(keys)], pa.binary(16))), keys)


@given(CONTENTS, CONTENTS)
def test_exactly_the_known_contents_are_found(stored: list[bytes | None], asked: list[bytes | None]) -> None:
    vectors = np.arange(1, len(stored) + 1, dtype=np.float32)[:, None]
    known = KnownVectors(keys_of(digests(stored)), vectors, pa.chunked_array([pa.array(["run 1"] * len(stored))]))
    filled, origins = np.zeros((len(asked), 1), np.float32), np.full(len(asked), "", object)
    found = fill_known([known], keys_of(digests(asked)), filled, origins)
    assert found.tolist() == [content is not None and content in stored for content in asked]
    for content, is_found, (value,), origin in zip(asked, found, filled, origins, strict=True):
        assert origin == ("run 1" if is_found else "")
        assert not is_found or stored[int(value) - 1] == content


def test_parts_of_a_content_do_not_run_into_each_other() -> None:
    assert content_key(b"ab", b"c") != content_key(b"a", b"bc")

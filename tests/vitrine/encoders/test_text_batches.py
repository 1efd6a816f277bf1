"""Batches of similar length: every text once, in order, within bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.encoders.text_batches import BATCH_BYTES, MAX_BATCH, embed_in_batches
from vitrine.errors import DataError


class Recorder:
    """An encoder that embeds a text as its length, and records the batches."""

    def __init__(self):
        self.batches: list[list[bytes]] = []

    def __call__(self, texts: list[bytes]) -> np.ndarray:
        self.batches.append(texts)
        return np.array([[len(text)] for text in texts], np.float32)


@given(st.lists(st.text(max_size=30) | st.integers(0, 20_000).map(lambda count: "x" * count), max_size=400))
def test_rows_are_in_order_and_each_text_is_embedded_once(texts):
    embed = Recorder()
    vectors = embed_in_batches(texts, 1, BATCH_BYTES, embed)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), 1)
    assert vectors[:, 0].tolist() == [len(text.encode()) for text in texts]
    embedded = [text for batch in embed.batches for text in batch]
    assert len(embedded) == len(set(texts))


@given(st.lists(st.integers(0, 3_000), max_size=600), st.integers(100, 2_000))
def test_a_batch_is_bounded_by_its_size_times_its_longest_text(lengths, longest):
    embed = Recorder()
    embed_in_batches(
        ["x" * length for length in lengths] + [f"{number:06}" for number in range(300)], 1, longest, embed
    )
    for batch in embed.batches:
        assert len(batch) <= MAX_BATCH
        assert len(batch) == 1 or len(batch) * min(max(map(len, batch)), longest) <= BATCH_BYTES


def test_one_text_is_not_a_sequence_of_texts():
    for text in ("mug", b"mug"):
        with pytest.raises(DataError, match="put it in a list"):
            embed_in_batches(text, 1, 10, Recorder())


def test_a_lone_surrogate_is_named_by_position():
    with pytest.raises(DataError, match=r"texts\[1\]: not valid UTF-8"):
        embed_in_batches(["mug", "\ud800"], 1, 10, Recorder())

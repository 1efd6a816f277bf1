"""Gradients of a loss over a whole batch, with one chunk of it in memory at a time (Gao et al. 2021, "GradCache").

All chunks are embedded without gradients; the loss gives its gradients with respect to the vectors; then each chunk is
embedded again, and its part of these is carried on to the weights. The sum is the gradient of the whole batch, so the
number of negatives is not bounded by the memory of the towers' activations. Several replicas, such as GPUs, each embed
a chunk at the same time; the loss is that of the whole batch.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.dropout import RandomDropout
from vitrine.tuning.replicas import on_replicas

VECTORS: Final = tf.TensorSpec([None, None], tf.float32)
SEED: Final = tf.TensorSpec([2], tf.int32)

Chunk = tuple[tf.Tensor, ...]
"""The inputs of some rows of a batch."""


class Gradients(NamedTuple):
    """A loss, and its gradients with respect to vectors of each side and to the loss's own variables."""

    loss: tf.Tensor
    vectors: list[tf.Tensor]
    numbers: list[tf.Tensor]


def vector_gradients(
    loss: Callable[..., tf.Tensor], vectors: Sequence[tf.Tensor], numbers: Sequence[tf.Variable]
) -> Gradients:
    """Return a loss of vectors of each side, and its gradients with respect to them and to the loss's own variables."""
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        value = loss(*vectors)
    of_vectors, of_numbers = tape.gradient(value, [list(vectors), list(numbers)])
    return Gradients(value, of_vectors, of_numbers)


class ChunkedEmbedding:
    """The embedding of one side of a batch, such as its texts, in chunks, and the variables that it depends on."""

    def __init__(
        self,
        embed: Callable[..., tf.Tensor],
        spec: Sequence[tf.TensorSpec],
        variables: Sequence[tf.Variable],
        dropout: RandomDropout,
    ) -> None:
        """Compile, for the replicas of the strategy in whose scope this is.

        `embed` takes a dropout and inputs of `spec`, [B, …] each, to float32 [B, D].
        """

        def seeded(*inputs: tf.Tensor) -> tf.Tensor:
            *chunk, seed = inputs
            return embed(dropout.seeded(seed), *chunk)

        def pull(*inputs: tf.Tensor) -> list[tf.Tensor | None]:
            *chunk, wanted = inputs
            with tf.GradientTape() as tape:
                vectors = seeded(*chunk)
            found = tape.gradient(vectors, list(variables), output_gradients=wanted)
            return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in found]

        strategy = tf.distribute.get_strategy()
        self._replicas = strategy.num_replicas_in_sync
        self._embed = on_replicas(strategy, lambda *inputs: [seeded(*inputs)], [*spec, SEED])
        self._pull = on_replicas(strategy, pull, [*spec, SEED, VECTORS])

    def embed(self, chunks: Sequence[Chunk]) -> list[tf.Tensor]:
        """Embed chunks, each with its seed of dropout as the last input."""
        vectors: list[tf.Tensor] = []
        for group in self._groups(chunks):
            (embedded,) = self._embed(*itertools.chain.from_iterable(group))
            vectors += embedded
        return vectors[: len(chunks)]

    def pull(self, chunks: Sequence[Chunk], wanted: Sequence[tf.Tensor]) -> list[tf.Tensor | None]:
        """Carry the gradients of each chunk's vectors on to the variables, and return the sum over the chunks."""
        sums: list[tf.Tensor | None] = []
        for group in self._groups([(*chunk, each) for chunk, each in zip(chunks, wanted, strict=True)]):
            for gradients in zip(*self._pull(*itertools.chain.from_iterable(group)), strict=True):
                sums = _added(sums, gradients) if sums else list(gradients)
        return sums

    def _groups(self, chunks: Sequence[Chunk]) -> Iterator[Sequence[Chunk]]:
        """Yield a chunk for each replica; where too few are left, the last one again, without a part in the sum."""
        for start in range(0, len(chunks), self._replicas):
            group = chunks[start : start + self._replicas]
            *inputs, last = group[-1]
            yield [*group, *([(*inputs, last * 0)] * (self._replicas - len(group)))]


def cached_gradients(
    sides: Sequence[tuple[ChunkedEmbedding, Sequence[Chunk]]],
    loss: Callable[..., Gradients],
    variables: Sequence[tf.Variable],
    dropout: RandomDropout,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Return the loss of a batch, and its gradients with respect to `variables` and the loss's own.

    Args:
        sides: each side of the batch, with its chunks.
        loss: a function of the vectors of each side.
        variables: those of all sides.
        dropout: what draws the units that both passes drop.
    """
    seeded = [(side, [(*chunk, dropout.draw()) for chunk in chunks]) for side, chunks in sides]
    embedded = [side.embed(chunks) for side, chunks in seeded]
    found = loss(*(tf.concat(parts, axis=0) for parts in embedded))
    sums: list[tf.Tensor | None] = [None] * len(variables)
    for (side, chunks), parts, wanted in zip(seeded, embedded, found.vectors, strict=True):
        sums = _added(sums, side.pull(chunks, tf.split(wanted, [len(part) for part in parts])))
    pairs = zip(variables, sums, strict=True)
    own = [tf.zeros_like(variable) if gradient is None else gradient for variable, gradient in pairs]
    return found.loss, [*own, *found.numbers]


def _added(sums: Sequence[tf.Tensor | None], further: Sequence[tf.Tensor | None]) -> list[tf.Tensor | None]:
    return [
        first if second is None else second if first is None else first + second
        for first, second in zip(sums, further, strict=True)
    ]


def chunks(size: int, chunk: int | None) -> Iterator[slice]:
    """Yield the slices of `size` rows, at most `chunk` at a time."""
    step = chunk or max(size, 1)
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))

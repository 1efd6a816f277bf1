"""Gradients of a loss over a whole batch, with one chunk of it in memory at a time (Gao et al. 2021, "GradCache").

All chunks are embedded without gradients; the loss gives its gradients with respect to the vectors; then each chunk is
embedded again, and its part of these is carried on to the weights. The sum is the gradient of the whole batch, so the
number of negatives is not bounded by the memory of the towers' activations.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.dropout import RandomDropout

VECTORS: Final = tf.TensorSpec([None, None], tf.float32)

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


class Side:
    """One side of a batch, such as its texts: what embeds it, and the variables that this depends on."""

    def __init__(
        self, embed: Callable[..., tf.Tensor], spec: Sequence[tf.TensorSpec], variables: Sequence[tf.Variable]
    ) -> None:
        """Compile; `embed` takes inputs of `spec`, [B, …] each, to float32 [B, D]."""
        self.embed = tf.function(embed, input_signature=list(spec), autograph=False)

        def pull(*inputs: tf.Tensor) -> list[tf.Tensor | None]:
            *chunk, wanted = inputs
            with tf.GradientTape() as tape:
                vectors = embed(*chunk)
            found = tape.gradient(vectors, list(variables), output_gradients=wanted)
            return [None if gradient is None else tf.convert_to_tensor(gradient) for gradient in found]

        self.pull = tf.function(pull, input_signature=[*spec, VECTORS], autograph=False)


def cached_gradients(
    sides: Sequence[tuple[Side, Sequence[Chunk]]],
    loss: Callable[..., Gradients],
    variables: Sequence[tf.Variable],
    dropout: RandomDropout,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Return the loss of a batch, and its gradients with respect to `variables` and the loss's own.

    Args:
        sides: each side of the batch, with its chunks.
        loss: a function of the vectors of each side.
        variables: those of all sides.
        dropout: what drops units in both passes, the same ones.
    """
    states: list[list[tf.Tensor]] = []
    vectors: list[tf.Tensor] = []
    for side, chunks in sides:
        places, parts = [], []
        for chunk in chunks:
            places.append(dropout.state())
            parts.append(side.embed(*chunk))
        states.append(places)
        vectors.append(tf.concat(parts, axis=0))
    end = dropout.state()
    found = loss(*vectors)
    sums: list[tf.Tensor | None] = [None] * len(variables)
    for (side, chunks), places, wanted in zip(sides, states, found.vectors, strict=True):
        start = 0
        for chunk, state in zip(chunks, places, strict=True):
            dropout.restore(state)
            size = int(tf.shape(chunk[0])[0])
            sums = _added(sums, side.pull(*chunk, wanted[start : start + size]))
            start += size
    dropout.restore(end)
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

"""Pooling of a text's token states to one vector, as sentence-transformers has it."""

from collections.abc import Callable
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.checkpoint import Json
from vitrine.encoders.known_fields import require_known
from vitrine.errors import DataError

FLAGS: Final = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""The form of settings before sentence-transformers 5, in the order in which several are joined."""
WIDTH: Final = ("word_embedding_dimension", "embedding_dimension")


class Pooling(NamedTuple):
    """The modes, whose vectors are joined in this order, and whether a prompt's tokens are pooled too."""

    modes: tuple[str, ...] = ("mean",)
    include_prompt: bool = True


def read_pooling(fields: Json, width: int, where: str) -> Pooling:
    """Read the settings of a pooling module over states of `width`.

    Raises:
        DataError: a setting is not known, or a mode is not supported.
    """
    require_known(fields, where, (*FLAGS, *WIDTH, "pooling_mode", "include_prompt"), strict=True)
    for key in WIDTH:
        if fields.get(key, width) != width:
            raise DataError(f"{where}: {key} is {fields[key]}, but config.json has hidden states of {width}")
    named = fields.get("pooling_mode")
    flagged = [mode for flag, mode in FLAGS.items() if fields.get(flag)]
    given = named or flagged or ["mean"]
    modes = given if isinstance(given, list) else [given]
    unknown = [mode for mode in modes if not isinstance(mode, str) or mode not in MODES]
    if unknown:
        raise DataError(f"{where}: pooling_mode '{unknown[0]}' is not supported; {', '.join(MODES)} are")
    return Pooling(tuple(modes), fields.get("include_prompt", True) is not False)


def pool(states: tf.Tensor, lengths: tf.Tensor, skipped: int, modes: tuple[str, ...]) -> tf.Tensor:
    """Return float32 [B, D M] of states float32 [B, T, D], of which the first `lengths` [B] belong to the text.

    The first `skipped` tokens, those of a prompt, are left out.
    """
    places = tf.range(tf.shape(states)[1])
    mask = (places < lengths[:, tf.newaxis]) & (places >= skipped)
    return tf.concat([MODES[mode](states, mask) for mode in modes], axis=-1)


def _first(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    return tf.gather(states, tf.argmax(tf.cast(mask, tf.int32), axis=1), batch_dims=1)


def _last(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    places = tf.where(mask, tf.range(tf.shape(states)[1]), -1)
    last = tf.reduce_max(places, axis=1)
    return tf.gather(states, tf.maximum(last, 0), batch_dims=1) * tf.cast(last >= 0, tf.float32)[:, tf.newaxis]


def _largest(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    return tf.reduce_max(tf.where(mask[:, :, tf.newaxis], states, states.dtype.min), axis=1)


def _sum(states: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    total = tf.reduce_sum(states * weights[:, :, tf.newaxis], axis=1)
    return total, tf.maximum(tf.reduce_sum(weights, axis=1, keepdims=True), 1e-9)


def _mean(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    total, count = _sum(states, tf.cast(mask, tf.float32))
    return total / count


def _mean_by_root(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    total, count = _sum(states, tf.cast(mask, tf.float32))
    return total / tf.sqrt(count)


def _weighted_mean(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    weights = tf.cast(mask, tf.float32) * tf.range(1, tf.cast(tf.shape(states)[1], tf.float32) + 1)
    total, count = _sum(states, weights)
    return total / count


MODES: Final[dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]]] = {
    "cls": _first,
    "max": _largest,
    "mean": _mean,
    "mean_sqrt_len_tokens": _mean_by_root,
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}
"""The modes, as functions of states [B, T, D] and the mask [B, T] of the tokens that count."""

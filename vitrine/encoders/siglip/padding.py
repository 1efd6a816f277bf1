"""Padding of token ids to a fixed length, which is a part of what SigLIP computes."""

from typing import NamedTuple

import tensorflow as tf

from vitrine.encoders.checkpoint import Json
from vitrine.encoders.field_values import strings, token_limit
from vitrine.errors import DataError


class Padding(NamedTuple):
    """The padding of a text: token, length, side, and whether attention masks it."""

    token: int
    length: int
    left: bool
    masked: bool

    def __call__(self, ids: tf.RaggedTensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return int32 ids [B, T] and their mask, bool [B, T], of ids [B, (T)] of at most the length."""
        lengths = tf.cast(ids.row_lengths(), tf.int32)[:, tf.newaxis]
        padded = ids.to_tensor(self.token, shape=[None, self.length])
        places = tf.range(self.length)[tf.newaxis]
        if not self.left:
            return padded, places < lengths
        shifted = places - (self.length - lengths)
        moved = tf.gather(padded, tf.maximum(shifted, 0), batch_dims=1)
        return tf.where(shifted < 0, self.token, moved), shifted >= 0


def padding(settings: Json, where: str, token: int, positions: int, length: int, side: str) -> Padding:
    """Return the padding by `tokenizer_config.json`.

    Args:
        settings: the file's fields.
        where: the file, for errors.
        token: the id of the padding token.
        positions: places that the text tower has.
        length: the tokenizer's length without `model_max_length`.
        side: the tokenizer's side without `padding_side`.

    Raises:
        DataError: a field has a value that is not supported.
    """
    names = settings.get("model_input_names") or ["input_ids", "attention_mask"]
    inputs = strings(names, f"{where}: model_input_names")
    chosen = settings.get("padding_side") or side
    if chosen not in ("left", "right"):
        raise DataError(f"{where}: padding_side {chosen!r} is not supported; 'right' and 'left' are")
    limit = token_limit(settings.get("model_max_length"), f"{where}: model_max_length") or length
    return Padding(
        token,
        int(min(positions, limit)),
        chosen == "left",
        "attention_mask" in inputs,
    )

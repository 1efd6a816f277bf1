"""Pairs of texts in one sequence: their special tokens, token types and truncation, as in the `tokenizers` library."""

from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.checkpoint import Json
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.errors import DataError

DOUBLED: Final = ("roberta", "xlm-roberta", "mpnet")
"""Families that put the last token twice between two texts, and have one token type."""


class PairTemplate(NamedTuple):
    """The special tokens before, between and after two texts, and the token types of the parts.

    Attributes:
        start, middle, end: ids.
        types: the types of start, first text, middle, second text and end.
    """

    start: list[int]
    middle: list[int]
    end: list[int]
    types: tuple[int, int, int, int, int] = (0, 0, 0, 1, 1)


def pair_template(post_processor: Json | None, family: str, where: str) -> PairTemplate:
    """Return the template of pairs of a tokenizer, for a model of a family.

    Raises:
        DataError: the post-processor puts no special tokens around pairs, or in another order.
    """
    kind = post_processor["type"] if post_processor else None
    if post_processor is not None and kind in ("BertProcessing", "RobertaProcessing"):
        start, end = [post_processor["cls"][1]], [post_processor["sep"][1]]
        doubled = kind == "RobertaProcessing" or family in DOUBLED
        return PairTemplate(start, end * 2, end, (0, 0, 0, 0, 0)) if doubled else PairTemplate(start, end, end)
    if post_processor is not None and kind == "TemplateProcessing":
        return _from_template(post_processor, where)
    raise DataError(f"{where}: the post_processor {kind} is not supported for pairs of texts")


def _from_template(post_processor: Json, where: str) -> PairTemplate:
    ids = {name: token["ids"] for name, token in post_processor["special_tokens"].items()}
    parts: list[list[int]] = [[], [], []]
    types: dict[tuple[str, int], set[int]] = {}
    texts = 0
    for part in post_processor["pair"]:
        ((role, fields),) = part.items()
        if role == "Sequence":
            if fields["id"] != "AB"[texts : texts + 1]:
                raise DataError(f"{where}: the post_processor's pairs are not a first and a second text")
            types["text", texts] = {fields["type_id"]}
            texts += 1
        else:
            parts[texts] += ids[fields["id"]]
            types.setdefault(("special", texts), set()).add(fields["type_id"])
    found = [types.get(key, {0}) for key in (("special", 0), ("text", 0), ("special", 1), ("text", 1), ("special", 2))]
    if texts != 2 or any(len(each) > 1 for each in found):
        raise DataError(f"{where}: the post_processor's pairs are not supported")
    first, left, middle, right, last = (min(each) for each in found)
    return PairTemplate(parts[0], parts[1], parts[2], (first, left, middle, right, last))


def pair_ids(
    tokenizer: TextTokenizer, template: PairTemplate, first: tf.Tensor, second: tf.Tensor
) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """Return int32 ids and token types [B, (T)] of pairs of strings [B], at most `tokenizer.max_tokens` each.

    Of a pair that is too long, tokens of the longer text are cut, then of both alike ("longest first").
    """
    room = tokenizer.max_tokens - sum(map(len, template[:3]))
    left, right = tokenizer.tokenize(first), tokenizer.tokenize(second)
    kept = longest_first(tf.cast(left.row_lengths(), tf.int32), tf.cast(right.row_lengths(), tf.int32), room)
    left, right = (_cut(text, lengths) for text, lengths in zip((left, right), kept, strict=True))
    edge = tf.ones([tf.shape(first)[0], 1], tf.int32)
    pieces = [edge * template.start, left, edge * template.middle, right, edge * template.end]
    ids = tf.concat(pieces, axis=1)
    types = [tf.zeros_like(piece) + kind for piece, kind in zip(pieces, template.types, strict=True)]
    return ids, tf.concat(types, axis=1)


def longest_first(left: tf.Tensor, right: tf.Tensor, room: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the numbers of tokens that are kept of texts with `left` and `right` tokens, int32 [B]."""
    short, long = tf.minimum(left, right), tf.maximum(left, right)
    long_kept = tf.minimum(long, tf.maximum(short, room - short))
    too_long = short + long_kept > room
    short_kept = tf.where(too_long, room // 2, short)
    long_kept = tf.where(too_long, room // 2 + room % 2, long_kept)
    return tf.where(left <= right, short_kept, long_kept), tf.where(left <= right, long_kept, short_kept)


def _cut(texts: tf.RaggedTensor, lengths: tf.Tensor) -> tf.RaggedTensor:
    """Return the first tokens of each text."""
    kept = tf.ragged.range(tf.minimum(lengths, tf.cast(texts.row_lengths(), tf.int32)))
    starts = tf.cast(texts.row_starts(), tf.int32)
    return kept.with_values(tf.gather(texts.values, kept.values + tf.gather(starts, kept.value_rowids())))

"""The character map of a SentencePiece model in the graph, as the `tokenizers` library applies it.

The library looks at grapheme clusters of up to five bytes first. The shortest key that such a cluster starts with
replaces the whole cluster; so "e" with two accents becomes "é" alone. Other clusters are mapped character by character.
"""

import unicodedata
from typing import Final

import numpy as np
import tensorflow as tf
from tokenizers import normalizers

from vitrine.encoders.codepoint_tables import BLOCK, Table, probes, tabulate

LARGEST_CLUSTER: Final = 5
"""Bytes of a cluster that is looked up as a whole."""
CONTROLS: Final = ("Cc", "Cf", "Zl", "Zp")
"""General categories of characters that no mark can extend."""
_ACCENT: Final = "\u0334"
_NOTHING: Final = -2
_SAME: Final = -1
_SHIFT: Final = 1 << 21


class CharacterMap(tf.Module):
    """Replacement of clusters and characters by the keys of a SentencePiece model's character map."""

    def __init__(self, charsmap: bytes):
        super().__init__()
        keys = trie_keys(charsmap)
        single = {ord(key): value for key, value in keys.items() if len(key) == 1}
        self._points = _rows(tabulate({point: single.get(point, chr(point)) for point in probes()} | single))
        flags = dict.fromkeys(single, "1")
        self._mapped = _flags(flags)
        self._extends, self._prepends, self._controls = map(_flags, _cluster_kinds())
        several = {key: value for key, value in keys.items() if len(key) > 1}
        width = max([1, *map(len, several.values())])
        rows = np.full((len(several) + 1, width), _NOTHING, np.int32)
        ordered = sorted(several, key=_packed)
        for row, key in enumerate(ordered):
            rows[row, : len(several[key])] = list(map(ord, several[key]))
        self._keys = tf.constant(np.array([*map(_packed, ordered), np.iinfo(np.int64).max]))
        self._values = tf.constant(rows)

    def __call__(self, text: tf.RaggedTensor) -> tf.RaggedTensor:
        """Map int32 code points [B, (C)]; the result is [B, (C')]."""
        points, row = text.values, tf.cast(text.value_rowids(), tf.int32)
        rows, starts = self._points
        result = tf.gather(rows, tf.gather(starts, points // BLOCK) + points % BLOCK)
        result = tf.where(result == _SAME, points[:, tf.newaxis], result)
        result = self._map_clusters(points, row, result)
        kept = result != _NOTHING
        ends = tf.cumsum(tf.reduce_sum(tf.cast(kept, text.row_splits.dtype), axis=1))
        splits = tf.gather(tf.concat([[0], ends], axis=0), text.row_splits)
        return tf.RaggedTensor.from_row_splits(tf.boolean_mask(result, kept), splits, validate=False)

    def _map_clusters(self, points: tf.Tensor, row: tf.Tensor, result: tf.Tensor) -> tf.Tensor:
        """Return `result` [N, width] with the clusters that are replaced as a whole."""
        first, second, third = points, *(_following(points, row, places) for places in (1, 2))
        control = _flag(self._controls, points)
        glued = (_flag(self._extends, points) | _shifted(_flag(self._prepends, points))) & ~control
        line_break = _shifted(points == ord("\r")) & (points == ord("\n"))
        glued = (glued & ~_shifted(control)) | line_break
        glued &= row == tf.concat([row[:1] - 1, row[:-1]], axis=0)[: tf.size(row)]
        cluster = tf.cumsum(tf.cast(~glued, tf.int32)) - 1
        count = tf.reduce_max(tf.concat([cluster, [-1]], axis=0)) + 1
        size = tf.gather(tf.math.unsorted_segment_sum(_utf8_length(points), cluster, count), cluster)
        members = tf.gather(tf.math.unsorted_segment_sum(tf.ones_like(cluster), cluster, count), cluster)
        whole = (members > 1) & (size <= LARGEST_CLUSTER)
        pair, triple = (
            self._find(first, second, tf.zeros_like(third)),
            self._find(first, second, tf.where(members > 2, third, 0)),
        )
        alone = _flag(self._mapped, points)
        place = tf.where(pair >= 0, pair, triple)
        starts = whole & ~glued
        replaced = starts & ~alone & (place >= 0)
        taken = tf.gather(
            tf.math.unsorted_segment_max(tf.cast(replaced | (starts & alone), tf.int32), cluster, count), cluster
        )
        dropped = glued & (taken > 0)
        width = tf.maximum(tf.shape(result)[1], tf.shape(self._values)[1])
        result = _widened(result, width)
        several = tf.gather(_widened(self._values, width), tf.maximum(place, 0))
        result = tf.where(replaced[:, tf.newaxis], several, result)
        return tf.where(dropped[:, tf.newaxis], _NOTHING, result)

    def _find(self, first: tf.Tensor, second: tf.Tensor, third: tf.Tensor) -> tf.Tensor:
        wide = [tf.cast(part, tf.int64) for part in (first, second, third)]
        key = (wide[0] * _SHIFT + wide[1]) * _SHIFT + wide[2]
        place = tf.searchsorted(self._keys, key)
        return tf.where((tf.gather(self._keys, place) == key) & (second > 0), place, -1)


def trie_keys(charsmap: bytes) -> dict[str, str]:
    """Return the replacement of each key of up to `LARGEST_CLUSTER` bytes.

    A map consists of a double-array trie and a table of strings.
    """
    size = int.from_bytes(charsmap[:4], "little")
    units = np.frombuffer(charsmap[4 : 4 + size], "<u4").astype(np.int64)
    texts = charsmap[4 + size :]
    found: dict[str, str] = {}
    pending = [(int(_offset(units[0])), b"")]
    labels = np.arange(1, 256)
    while pending:
        node, prefix = pending.pop()
        places = node ^ labels
        inside = places < len(units)
        places, chars = places[inside], labels[inside]
        matching = (units[places] & 0x800000FF) == chars
        for place, char in zip(places[matching].tolist(), chars[matching].tolist(), strict=True):
            unit = units[place]
            child, key = place ^ int(_offset(unit)), prefix + bytes([char])
            if unit >> 8 & 1:
                start = int(units[child] & 0x7FFFFFFF)
                found[key.decode()] = texts[start : texts.index(b"\0", start)].decode()
            if len(key) < LARGEST_CLUSTER:
                pending.append((child, key))
    return found


def _offset(unit: np.int64) -> np.int64:
    return (unit >> 10) << ((unit & 512) >> 6)


def _packed(key: str) -> int:
    first, second, third = (*map(ord, key), 0)[:3]
    return (first * _SHIFT + second) * _SHIFT + third


def _cluster_kinds() -> list[dict[int, str]]:
    """Return the characters that extend a cluster, join the next one, and stand alone, as the library segments text."""
    letter = normalizers.Precompiled(_one_key_map())  # "a" becomes "b"
    points = [point for point in probes() if point not in (10, ord("a"))]
    lines = letter.normalize_str("\n".join(f"a{chr(point)}" for point in points)).split("\n")
    extends = {point: "1" for point, line in zip(points, lines, strict=True) if line == "b"}
    lines = letter.normalize_str("\n".join(f"{chr(point)}a{_ACCENT}" for point in points)).split("\n")
    prepends = {point: "1" for point, line in zip(points, lines, strict=True) if line.endswith(_ACCENT)}
    controls = {
        point: "1"
        for point in points
        if unicodedata.category(chr(point)) in CONTROLS and point not in extends and point not in prepends
    }
    return [extends, prepends, controls | {10: "1"}]


def _one_key_map() -> bytes:
    units = np.zeros(512, "<u4")  # the library reads as far as the places of all bytes
    units[ord("a")] = ord("a") | 1 << 8 | 128 << 10
    units[ord("a") ^ 128] = 1 << 31
    return int(units.nbytes).to_bytes(4, "little") + units.tobytes() + b"b\0"


Rows = tuple[tf.Tensor, tf.Tensor]


def _rows(table: Table) -> Rows:
    return tf.constant(table.rows), tf.constant(table.block_start)


def _flags(members: dict[int, str]) -> Rows:
    return _rows(tabulate(dict.fromkeys(probes(), "0") | members))


def _flag(table: Rows, points: tf.Tensor) -> tf.Tensor:
    rows, starts = table
    return tf.gather(rows, tf.gather(starts, points // BLOCK) + points % BLOCK)[:, 0] == ord("1")


def _following(points: tf.Tensor, row: tf.Tensor, places: int) -> tf.Tensor:
    """Return the code point `places` further in the same row; 0 past its end."""
    filler = tf.zeros([places], tf.int32)
    later, same = (tf.concat([value[places:], filler - 1], axis=0)[: tf.size(row)] for value in (points, row))
    return tf.where(same == row, later, 0)


def _shifted(flags: tf.Tensor) -> tf.Tensor:
    return tf.concat([[False], flags[:-1]], axis=0)[: tf.size(flags)]


def _utf8_length(points: tf.Tensor) -> tf.Tensor:
    return 1 + sum(tf.cast(points >= bound, tf.int32) for bound in (0x80, 0x800, 0x10000))


def _widened(rows: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    return tf.pad(rows, [[0, 0], [0, width - tf.shape(rows)[1]]], constant_values=_NOTHING)

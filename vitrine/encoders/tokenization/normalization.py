"""Normalisers of the `tokenizers` library in the graph."""

import base64
import json
import re
from collections.abc import Callable
from typing import Final

import tensorflow as tf
from tokenizers import Tokenizer, normalizers

from vitrine.encoders.added_tokens import SPACE, decode
from vitrine.encoders.checkpoint import Json
from vitrine.encoders.codepoint_tables import CodepointMap, measure, tabulate
from vitrine.encoders.nfc import Nfc
from vitrine.encoders.tokenization.precompiled import CharacterMap
from vitrine.errors import DataError

SINGLE: Final = ("BertNormalizer", "Lowercase")
"""Normalisers that replace each character without regard to its neighbours."""

SUPPORTED: Final = (*SINGLE, "NFC", "Precompiled", "Strip", "Replace of a string")


def steps(normalizer: Json | None) -> list[Json]:
    """Return the normalisers of a `tokenizer.json`, in order."""
    if normalizer is None:
        return []
    if normalizer["type"] == "Sequence":
        return [step for part in normalizer["normalizers"] for step in steps(part)]
    return [normalizer]


def character_map(normalizer: Json | None) -> Json | None:
    """Return the first map of characters among the normalisers of a `tokenizer.json`; None without one."""
    return next((step for step in steps(normalizer) if step["type"] == "Precompiled"), None)


class TextNormalizer(tf.Module):
    """The normalisers of a `tokenizer.json`, one after the other."""

    def __init__(self, normalizer: Json | None, where: str):
        """Build them.

        Raises:
            DataError: one of them is not supported.
        """
        super().__init__()
        self._steps: list[Callable[[tf.Tensor], tf.Tensor]] = [_step(step, where) for step in steps(normalizer)]

    def __call__(self, pieces: tf.Tensor) -> tf.Tensor:
        """Return strings [P] for pieces [P] from `AddedTokens.tokenize`."""
        texts = tf.strings.unicode_encode(decode(pieces), "UTF-8")
        for step in self._steps:
            texts = step(texts)
        return texts


def library_normalizer(normalizer: Json) -> normalizers.Normalizer:
    """Return the library's normaliser of a `tokenizer.json`."""
    parts = {"version": "1.0", "added_tokens": [], "normalizer": normalizer}
    model = {"type": "WordLevel", "vocab": {"": 0}, "unk_token": ""}
    made: normalizers.Normalizer = Tokenizer.from_str(json.dumps({**parts, "model": model})).normalizer
    return made


class _Mapping(tf.Module):
    def __init__(self, mapping: CodepointMap | CharacterMap):
        super().__init__()
        self._mapping = mapping

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        return tf.strings.unicode_encode(self._mapping(tf.strings.unicode_decode(texts, "UTF-8")), "UTF-8")


class _Replacement(tf.Module):
    def __init__(self, pattern: str, content: str):
        super().__init__()
        self._pattern, self._content = pattern, content.replace("\\", "\\\\")

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        return tf.strings.regex_replace(texts, self._pattern, self._content)


def _step(step: Json, where: str) -> tf.Module:
    kind = step["type"]
    if kind in SINGLE:
        return _Mapping(CodepointMap(tabulate(measure(library_normalizer(step).normalize_str))))
    if kind == "NFC":
        return Nfc()
    if kind == "Precompiled":
        return _Mapping(CharacterMap(base64.b64decode(step["precompiled_charsmap"])))
    if kind == "Strip":
        ends = [f"^{SPACE}+"] * step["strip_left"] + [f"{SPACE}+$"] * step["strip_right"]
        return _Replacement("|".join(ends), "") if ends else _Replacement("^", "")
    pattern = step.get("pattern", {})
    if kind == "Replace" and pattern.get("Regex") == " {2,}":
        return _Replacement(" {2,}", step["content"])
    if kind == "Replace" and pattern.get("String"):
        return _Replacement(re.escape(pattern["String"]), step["content"])
    raise DataError(f"{where}: the normalizer {kind} is not supported; {', '.join(SUPPORTED)} are")

"""Gemma's tokenizer in the graph, as SigLIP 2 uses it, with the ids of the `tokenizers` library."""

import hashlib
import json
from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text
from tokenizers import Tokenizer

from vitrine.encoders import codepoint_tables
from vitrine.encoders.added_tokens import AddedToken, AddedTokens, decode
from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.codepoint_tables import CodepointMap
from vitrine.encoders.field_values import added_tokens
from vitrine.encoders.siglip.character_pairs import CharacterPairs, byte_token
from vitrine.encoders.siglip.padding import Padding, padding
from vitrine.encoders.tokenization.normalization import steps
from vitrine.encoders.tokenization.text_tokenizer import edges
from vitrine.errors import DataError

FILE: Final = "tokenizer.json"
SETTINGS: Final = "tokenizer_config.json"
CLASSES: Final = ("Siglip2Tokenizer", "GemmaTokenizer", "GemmaTokenizerFast")
MARK: Final = "▁"
WORD: Final = f"{MARK}+[^{MARK}]*|[^{MARK}]+"
TEMPLATE: Final = "TemplateProcessing"
LOWER: Final = {"type": "Lowercase"}
SPACES: Final = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
SPLIT: Final = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
"""The pre-tokenizer, which finds no space after the normalizer."""
MODEL: Final = {"type": "BPE", "dropout": None, "byte_fallback": True, "ignore_merges": False}
MAX_TOKENS: Final = 64


class GemmaTokenizer(tf.Module):
    """Tokenizer from raw strings to token ids."""

    def __init__(self, definition: Json, lower_case: bool, length: int, where: str):
        """Build the tokenizer; texts have at most `length` tokens.

        Raises:
            DataError: the definition is not that of Gemma's tokenizer.
        """
        super().__init__()
        model = definition["model"]
        ids, merges = model["vocab"], [(first, second) for first, second in model["merges"]]
        _require_words(merges, where)
        if missing := [byte_token(byte) for byte in range(256) if byte_token(byte) not in ids]:
            raise DataError(f"{where}: no token {missing[0]} for a byte; Gemma's vocabulary has all 256")
        self._lower = CodepointMap(codepoint_tables.lower_case()) if lower_case else None
        self._before, self._after = edges(definition["post_processor"], where)
        self._room = length - len(self._before) - len(self._after)
        self._added = AddedTokens(_added(token, where) for token in definition["added_tokens"])
        self._pairs = CharacterPairs(ids, merges)

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of strings [B], with the end token."""
        ids = self._added.tokenize(texts, self._between)[:, : self._room]
        edge = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        return tf.concat([edge * self._before, ids, edge * self._after], axis=1)

    def _between(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        points = decode(pieces)
        text = tf.strings.unicode_encode(points if self._lower is None else self._lower(points), "UTF-8")
        # RegexSplitWithOffsets drops the text after a NUL, for which a byte that is not UTF-8 stands until the end.
        safe = tf.strings.regex_replace(tf.strings.regex_replace(text, " ", MARK), r"\x00", b"\xff")
        words = tf_text.regex_split(safe, WORD, WORD)
        return words.with_values(self._pairs(words.values)).merge_dims(1, 2)


def gemma_tokenizer(checkpoint: Checkpoint, settings: Json, positions: int) -> tuple[GemmaTokenizer, Padding, Json]:
    """Read `tokenizer.json`; return the tokenizer, its padding, and what decides the ids.

    `transformers` has versions that pass over `do_lower_case`; SigLIP 2 has learnt from texts in lower case only.

    Raises:
        DataError: the file is missing, or is not that of Gemma's tokenizer.
    """
    where, rules_file = f"{checkpoint.origin}/{FILE}", f"{checkpoint.origin}/{SETTINGS}"
    try:
        library = Tokenizer.from_str(checkpoint.text(FILE))
    except DataError:
        raise
    except Exception as error:  # the library raises no narrower type
        raise DataError(f"{where}: not a tokenizer ({error})") from None
    definition = json.loads(library.to_str())
    for index, token in added_tokens(settings, rules_file).items():
        if library.token_to_id(token) != index:
            raise DataError(f"{where}: no added token '{token}' ({index}), which {SETTINGS} has")
    lower_case = _lower_case(definition, settings, where)
    pad = library.token_to_id(str(_content(settings.get("pad_token")) or "<pad>"))
    if pad is None:
        raise DataError(f"{where}: no padding token {settings.get('pad_token')!r}")
    padded = padding(settings, rules_file, pad, positions, MAX_TOKENS, "left")
    parts = [definition[key] for key in ("added_tokens", "model", "post_processor")]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    rules: Json = {"gemma": digest, "lower_case": lower_case, "size": library.get_vocab_size()}
    return GemmaTokenizer(definition, lower_case, padded.length, where), padded, rules


def _lower_case(definition: Json, settings: Json, where: str) -> bool:
    normalizer = steps(definition["normalizer"])
    if normalizer not in ([SPACES], [LOWER, SPACES]):
        raise DataError(f"{where}: the normalizer is not Gemma's, {MARK!r} for spaces, in lower case or not")
    if definition["pre_tokenizer"] not in (None, SPLIT):
        raise DataError(f"{where}: the pre_tokenizer is not Gemma's, which splits at spaces")
    kind = (definition["post_processor"] or {"type": TEMPLATE})["type"]
    if kind != TEMPLATE:
        raise DataError(f"{where}: the post_processor {kind} is not supported; a template is")
    for key, value in MODEL.items():
        if definition["model"][key] != value:
            raise DataError(f"{where}: model.{key} {definition['model'][key]!r} is not supported; {value!r} is")
    in_class = settings.get("tokenizer_class") == CLASSES[0]
    return LOWER in normalizer or in_class or settings.get("do_lower_case") is True


def _require_words(merges: list[tuple[str, str]], where: str) -> None:
    """Raise DataError if a pair reaches from one word into the next, since words are merged one by one."""
    for first, second in merges:
        if second.startswith(MARK) and first.strip(MARK):
            raise DataError(f"{where}: the merge of {first!r} and {second!r} crosses words, which is not supported")


def _added(token: Json, where: str) -> AddedToken:
    flags = [flag for flag in ("single_word", "lstrip", "rstrip", "normalized") if token[flag]]
    if flags:
        raise DataError(f"{where}: the added token '{token['content']}' has '{flags[0]}', which is not supported")
    return AddedToken(token["content"], token["id"])


def _content(token: object) -> object:
    return token.get("content") if isinstance(token, dict) else token

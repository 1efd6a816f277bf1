"""CLIP's tokenizer, read from a checkpoint and built in the graph with the ids of `transformers.CLIPTokenizer`."""

import json
from typing import Final, NamedTuple

import tensorflow as tf
from tokenizers import AddedToken as SpecialToken
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

from vitrine.encoders.added_tokens import AddedToken, AddedTokens
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.byte_pair_encoding import END_OF_WORD, BytePairs
from vitrine.encoders.clip.cleaning import Cleaning
from vitrine.encoders.clip.tokenizer_files import require_clip, tokenizer_settings
from vitrine.encoders.clip.word_splitting import Normalizer, Splitter
from vitrine.encoders.known_fields import optional_json
from vitrine.errors import DataError

START: Final = "<|startoftext|>"
END: Final = "<|endoftext|>"
SPLIT: Final = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class ClipVocabulary(NamedTuple):
    """The parts in which CLIP tokenizers differ."""

    ids: dict[str, int]
    merges: list[tuple[str, str]]
    added: list[AddedToken]
    max_tokens: int | None = None
    """The number of tokens to which the tokenizer cuts a text, if it does."""
    cleaned: bool = False
    """True if characters are replaced as open_clip does."""


class ClipTokenizer(tf.Module):
    """Tokenizer from raw strings to token ids, from `<|startoftext|>` to `<|endoftext|>`."""

    def __init__(self, vocabulary: ClipVocabulary, max_tokens: int):
        super().__init__()
        ids, merges, added, limit, cleaned = vocabulary
        self._clean = Cleaning() if cleaned else None
        self._max_tokens = min(max_tokens, limit or max_tokens)
        self._start, self._end = ids[START], ids[END]
        self._raw = AddedTokens(token for token in added if not token.normalized)
        self._normalizer = Normalizer()
        self._normalized = AddedTokens(token for token in added if token.normalized)
        self._splitter = Splitter()
        self._pairs = BytePairs(ids, merges, unknown=self._end)

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of strings [B], at most `max_tokens` each, the end token included."""
        texts = texts if self._clean is None else self._clean(texts)
        ids = self._raw.tokenize(texts, self._normalize)[:, : self._max_tokens - 2]
        edge = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        return tf.concat([edge * self._start, ids, edge * self._end], axis=1)

    def _normalize(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        return self._normalized.tokenize(self._normalizer(pieces), self._split)

    def _split(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        words = self._splitter(pieces)[:, : self._max_tokens]
        return words.with_values(self._pairs(words.values)).merge_dims(1, 2)


def clip_vocabulary(checkpoint: Checkpoint) -> ClipVocabulary:
    """Read `tokenizer.json`, or else `vocab.json`, `merges.txt` and `tokenizer_config.json`.

    Raises:
        DataError: the files are missing or unreadable, or are not those of a CLIP tokenizer.
    """
    name = "tokenizer.json" if "tokenizer.json" in checkpoint.files else "vocab.json"
    where = f"{checkpoint.origin}/{name}"
    try:
        tokenizer = (
            Tokenizer.from_str(checkpoint.text(name)) if name == "tokenizer.json" else _from_vocabulary(checkpoint)
        )
    except DataError:
        raise
    except Exception as error:  # the library raises no narrower type
        raise DataError(f"{where}: not a tokenizer ({error})") from None
    definition = json.loads(tokenizer.to_str())
    model = definition["model"]
    if model["type"] != "BPE" or model["end_of_word_suffix"] != END_OF_WORD:
        raise DataError(f"{where}: not a byte-pair tokenizer with '{END_OF_WORD}'; a CLIP checkpoint has one")
    _require_special(model["vocab"], where)
    ends = {token: model["vocab"][token] for token in (START, END)}
    require_clip(definition, json.loads(clip_tokenizer(ends, [], []).to_str()), where)
    added = [AddedToken(token["content"], token["id"], token["normalized"]) for token in definition["added_tokens"]]
    limit, cleaned = tokenizer_settings(checkpoint, {token.content: token.id for token in added})
    return ClipVocabulary(model["vocab"], [(first, second) for first, second in model["merges"]], added, limit, cleaned)


def clip_tokenizer(ids: dict[str, int], merges: list[tuple[str, str]], special: list[SpecialToken]) -> Tokenizer:
    """Return CLIP's tokenizer in the `tokenizers` library, the reference of the one in the graph."""
    tokenizer = Tokenizer(BPE(ids, merges, unk_token=END, continuing_subword_prefix="", end_of_word_suffix=END_OF_WORD))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = pre_tokenizers.Split(Regex(SPLIT), behavior="removed", invert=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, ids[END]), (START, ids[START]), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def _require_special(ids: dict[str, int], where: str) -> None:
    missing = [token for token in (START, END) if token not in ids]
    if missing:
        raise DataError(f"{where}: no token {missing[0]}; is this a CLIP vocabulary?")


def _from_vocabulary(checkpoint: Checkpoint) -> Tokenizer:
    ids = checkpoint.json("vocab.json")
    _require_special(ids, f"{checkpoint.origin}/vocab.json")
    lines = [line.split() for line in checkpoint.text("merges.txt").split("\n") if not line.startswith("#version")]
    config = optional_json(checkpoint, "tokenizer_config.json")
    normalized = {START: False, END: False}
    # The same token may be declared for several roles; the last declaration counts.
    for role in ("bos_token", "eos_token", "unk_token", "pad_token"):
        token = config.get(role)
        if isinstance(token, dict):
            normalized[token["content"]] = token.get("normalized", False)
        elif isinstance(token, str):
            normalized[token] = False
    special = [SpecialToken(token, normalized=flag) for token, flag in normalized.items() if token in ids]
    return clip_tokenizer(ids, [(pair[0], pair[1]) for pair in lines if len(pair) == 2], special)

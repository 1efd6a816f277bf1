"""Checks that the files of a CLIP tokenizer define the tokenizer that is built in the graph."""

from collections.abc import Mapping
from typing import Final

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.field_values import added_tokens, token_limit
from vitrine.encoders.known_fields import require_values
from vitrine.errors import DataError

TOKENIZER_CONFIG: Final = "tokenizer_config.json"
CLASSES: Final = ("CLIPTokenizer", "CLIPTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend")
CLEANING: Final = "open_clip_cleaning"
"""Vitrine's own field: true if characters are replaced as open_clip does."""
REQUIRED: Final[Mapping[str, object]] = {
    "do_lower_case": True,
    "add_prefix_space": False,
    "split_special_tokens": False,
    "truncation_side": "right",
    "padding_side": "right",
    "auto_map": None,
}
"""Fields of `tokenizer_config.json` that change ids, with the only supported value."""
SPECIAL: Final = r"<\|startoftext\|>|<\|endoftext\|>|"
"""The start of the pattern of words, which older files lack; `transformers` adds it."""
NO_LIMIT: Final = 1e9
"""`transformers` writes a greater number where it has no limit."""
OFFSETS: Final = ("trim_offsets",)
"""Fields that only affect the places of tokens in the text."""


def require_clip(definition: Json, expected: Json, where: str) -> None:
    """Raise DataError if a `tokenizer.json` differs from CLIP's tokenizer in more than vocabulary and merges."""
    for part in ("normalizer", "pre_tokenizer", "post_processor"):
        if _comparable(definition[part]) != _comparable(expected[part]):
            raise DataError(f"{where}: the {part} is not CLIP's; only tokenizers with CLIP's are supported")
    for key in ("dropout", "unk_token", "continuing_subword_prefix", "fuse_unk", "byte_fallback", "ignore_merges"):
        if (definition["model"][key] or None) != (expected["model"][key] or None):
            value = definition["model"][key]
            raise DataError(f"{where}: model.{key} {value!r} is not supported; CLIP's is {expected['model'][key]!r}")
    for token in definition["added_tokens"]:
        for flag in ("single_word", "lstrip", "rstrip"):
            if token[flag]:
                raise DataError(f"{where}: the added token '{token['content']}' has '{flag}', which is not supported")


def _comparable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _comparable(inner) for key, inner in value.items() if key not in OFFSETS}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    return value.removeprefix(SPECIAL) if isinstance(value, str) else value


def tokenizer_settings(checkpoint: Checkpoint, added: Mapping[str, int]) -> tuple[int | None, bool]:
    """Return the number of tokens to which `tokenizer_config.json` cuts a text, if there is one, and `CLEANING`.

    Raises:
        DataError: the file asks for another tokenizer than CLIP's, or for added tokens that are not `added`.
    """
    if TOKENIZER_CONFIG not in checkpoint.files:
        return None, False
    where, fields = f"{checkpoint.origin}/{TOKENIZER_CONFIG}", checkpoint.json(TOKENIZER_CONFIG)
    if fields.get("tokenizer_class", CLASSES[0]) not in (None, *CLASSES):
        raise DataError(f"{where}: tokenizer_class '{fields['tokenizer_class']}' is not supported; {CLASSES[0]} is")
    require_values(fields, where, REQUIRED)
    for index, token in added_tokens(fields, where).items():
        if added.get(token) != index:
            raise DataError(f"{where}: the added token '{token}' ({index}) is not in the tokenizer's file")
    limit = token_limit(fields.get("model_max_length"), f"{where}: model_max_length")
    return (int(limit) if limit is not None and 1 < limit < NO_LIMIT else None), bool(fields.get(CLEANING))

"""T5's tokenizer in the graph, with which open_clip reads the texts of SigLIP."""

import hashlib
import json
from typing import Final

from tokenizers import Tokenizer

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.field_values import json_object
from vitrine.encoders.siglip.padding import Padding, padding
from vitrine.encoders.tokenization.definition import DefinedTokenizer
from vitrine.encoders.tokenization.normalization import character_map
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.errors import DataError

FILE: Final = "tokenizer.json"
CLASSES: Final = ("T5Tokenizer", "T5TokenizerFast")
END: Final = "</s>"
MAX_TOKENS: Final = 64
WORDS: Final = {
    "type": "Sequence",
    "pretokenizers": [
        {"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    ],
}
"""The pre-tokenizer that `transformers` gives T5's tokenizer, whatever the file has."""


def t5_tokenizer(checkpoint: Checkpoint, settings: Json, positions: int) -> tuple[TextTokenizer, Padding, Json]:
    """Read `tokenizer.json`; return the tokenizer, its padding, and what decides the ids.

    Of the normalizers, `transformers` keeps the character map. Added tokens are left out: cleaned texts have none.

    Raises:
        DataError: the file is missing, or is not that of a T5 tokenizer.
    """
    where = f"{checkpoint.origin}/{FILE}"
    definition = checkpoint.json(FILE)
    model = json_object(definition.get("model") or {}, f"{where}: model")
    if model.get("type") != "Unigram" or model.get("unk_id") != 2:
        raise DataError(f"{where}: not a Unigram tokenizer with the unknown token 2; T5's is one")
    try:
        ids = {piece: index for index, (piece, _) in reversed(list(enumerate(model["vocab"])))}
        normalizer = character_map(definition.get("normalizer"))
    except (LookupError, TypeError, ValueError) as error:
        raise DataError(f"{where}: not a tokenizer ({error})") from None
    pad = settings.get("pad_token") or "<pad>"
    tokens = [END, str(pad.get("content") if isinstance(pad, dict) else pad)]
    if missing := [token for token in tokens if token not in ids]:
        raise DataError(f"{where}: no token {missing[0]}; T5's vocabulary has it")
    kept: Json = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": normalizer,
        "pre_tokenizer": WORDS,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": END, "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {END: {"id": END, "ids": [ids[END]], "tokens": [END]}},
        },
        "model": {**model, "byte_fallback": False},
    }
    content = json.dumps(kept, sort_keys=True)
    try:
        library = Tokenizer.from_str(content)
    except Exception as error:  # the library raises no narrower type
        raise DataError(f"{where}: not a tokenizer ({error})") from None
    padded = padding(
        settings, f"{checkpoint.origin}/tokenizer_config.json", ids[tokens[1]], positions, MAX_TOKENS, "right"
    )
    rules: Json = {"t5": hashlib.sha256(content.encode()).hexdigest(), "size": len(model["vocab"])}
    return TextTokenizer(DefinedTokenizer.of(library), padded.length, where), padded, rules

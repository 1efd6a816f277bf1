"""Checkpoints of cross-encoders, as `transformers` and sentence-transformers write them."""

import json
from typing import Final

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.field_values import json_object, positive_int, strings, token_limit
from vitrine.encoders.known_fields import EMPTY, optional_json, require_known, require_one_of
from vitrine.encoders.module_folders import MODULES, parse_modules
from vitrine.encoders.sentence.config import LENGTH, LOWER, MODALITIES, SENTENCE_FILES, TRANSFORMER
from vitrine.errors import DataError
from vitrine.labels import LABELS

TOKENIZER_CONFIG: Final = "tokenizer_config.json"
SENTENCE_TRANSFORMERS: Final = "config_sentence_transformers.json"
IDS: Final = {str(index): label for index, label in enumerate(LABELS)}
RULES: Final = TRANSFORMER | {
    "transformer_task": ("sequence-classification", None),
    "module_output_name": ("scores", None),
    LOWER: EMPTY,
}
"""Fields of sentence-transformers that change the logits, and their supported values."""
TEXT: Final = {"method": "forward", "method_output_name": "logits"}


def pair_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """Return a cross-encoder's checkpoint with what sentence-transformers adds to `transformers`' files applied.

    Raises:
        DataError: it is not a classifier of pairs, or a field would change what is computed.
    """
    _require_classifier(checkpoint)
    files = dict(checkpoint.files)
    limit = None
    for name in SENTENCE_FILES:
        if name in files:
            fields, where = checkpoint.json(name), f"{checkpoint.origin}/{name}"
            require_known(fields, where, (*RULES, LENGTH, MODALITIES, "unpad_inputs", "backend"), strict=True)
            require_one_of(fields, where, {**RULES, MODALITIES: ({"text": TEXT}, None)})
            limit = token_limit(fields.get(LENGTH), f"{where}: {LENGTH}")
            del files[name]
    for name in (MODULES, SENTENCE_TRANSFORMERS):
        files.pop(name, None)
    rules = optional_json(checkpoint, TOKENIZER_CONFIG)
    if limit is not None:
        files[TOKENIZER_CONFIG] = to_json(rules | {"model_max_length": limit})
    return Checkpoint(checkpoint.origin, files, checkpoint.tensors)


def is_classifier(checkpoint: Checkpoint) -> bool:
    """Return whether a checkpoint is a sequence classifier, and not a text encoder."""
    return any(kind.endswith("ForSequenceClassification") for kind in _architectures(checkpoint))


def _architectures(checkpoint: Checkpoint) -> list[str]:
    named = checkpoint.json(CONFIG).get("architectures") or []
    return strings(named, f"{checkpoint.origin}/{CONFIG}: architectures")


def _require_classifier(checkpoint: Checkpoint) -> None:
    if not is_classifier(checkpoint):
        where = f"{checkpoint.origin}/{CONFIG}"
        named = ", ".join(_architectures(checkpoint)) or "none"
        raise DataError(f"{where}: architectures is {named}; a cross-encoder is a …ForSequenceClassification")
    if MODULES in checkpoint.files:
        where = f"{checkpoint.origin}/{MODULES}"
        modules = parse_modules(checkpoint.files[MODULES], where)
        others = [module.type for module in modules if module.kind != "Transformer"]
        if others:
            raise DataError(f"{where}: the module {others[0]} is not supported in cross-encoders")
    settings, where = optional_json(checkpoint, SENTENCE_TRANSFORMERS), f"{checkpoint.origin}/{SENTENCE_TRANSFORMERS}"
    name, prompts = settings.get("default_prompt_name"), json_object(settings.get("prompts") or {}, f"{where}: prompts")
    if name and prompts.get(str(name)):
        raise DataError(f"{where}: the default prompt '{name}' is not supported in cross-encoders")


def outputs_of(checkpoint: Checkpoint) -> int:
    """Return L, the number of a classifier's logits.

    Raises:
        DataError: `config.json` has no number of labels that can be read.
    """
    fields, where = checkpoint.json(CONFIG), f"{checkpoint.origin}/{CONFIG}"
    if fields.get("id2label"):
        return len(json_object(fields["id2label"], f"{where}: id2label"))
    return positive_int(fields.get("num_labels", 2), f"{where}: num_labels")


def has_labels(checkpoint: Checkpoint) -> bool:
    """Return whether the outputs are I, C, S and E, in this order."""
    return bool(checkpoint.json(CONFIG).get("id2label") == IDS)


def to_json(value: Json) -> bytes:
    """Return a JSON file's bytes."""
    return json.dumps(value, indent=2).encode()

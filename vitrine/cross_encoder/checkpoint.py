"""Checkpoints of cross-encoders in Hugging Face's layout, which `BertForSequenceClassification` reads too."""

import json
from collections.abc import Mapping
from typing import Final

import numpy as np

from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.encoders.sentence.config import BertConfig, bert_config
from vitrine.errors import DataError
from vitrine.labels import LABELS

POOLER: Final = "bert.pooler.dense"
CLASSIFIER: Final = "classifier"
TOKENIZER: Final = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
TOKENIZER_CONFIG: Final = "tokenizer_config.json"
PREFIX: Final = "bert."
IDS: Final = {str(index): label for index, label in enumerate(LABELS)}
DEVIATION: Final = 0.02
"""Standard deviation of new weights, as BERT's initialisation has it."""


def initial_checkpoint(source: Checkpoint, max_tokens: int, seed: int) -> Checkpoint:
    """Convert a BERT-type checkpoint to one that classifies pairs, with new weights for missing layers.

    Args:
        source: any checkpoint that the sentence encoder reads, with or without a pooler.
        max_tokens: bound on a pair's tokens; the checkpoint's positions are a bound too.
        seed: seed of the new weights.

    Raises:
        DataError: the checkpoint is not of BERT's type, or has no second token type.
    """
    config = bert_config(source)
    if config.type_vocab_size < 2:
        raise DataError(f"{source.origin}/{CONFIG}: type_vocab_size is 1; a pair of texts needs 2 token types")
    width, rng = config.hidden_size, np.random.default_rng(seed)
    bare = {name.removeprefix(PREFIX): name for name in source.tensors}
    kept = [name for name in bare if name.startswith(("embeddings.", "encoder.", "pooler."))]
    tensors = {f"{PREFIX}{name}": source.tensors[bare[name]] for name in kept}
    if source.json(CONFIG).get("id2label") == IDS:
        tensors |= {name: value for name, value in source.tensors.items() if name.startswith(CLASSIFIER)}
    for layer, outputs in ((POOLER, width), (CLASSIFIER, len(LABELS))):
        if f"{layer}.weight" not in tensors:
            tensors[f"{layer}.weight"] = rng.normal(0, DEVIATION, (outputs, width)).astype(np.float32)
            tensors[f"{layer}.bias"] = np.zeros(outputs, np.float32)
    files = {name: content for name, content in source.files.items() if name in TOKENIZER}
    labels = {
        "architectures": ["BertForSequenceClassification"],
        "id2label": IDS,
        "label2id": {label: index for index, label in enumerate(LABELS)},
        "problem_type": "single_label_classification",
    }
    files[CONFIG] = _json(source.json(CONFIG) | labels)
    rules = source.json(TOKENIZER_CONFIG) if TOKENIZER_CONFIG in files else {}
    limit = min(max_tokens, config.max_position_embeddings)
    files[TOKENIZER_CONFIG] = _json(rules | {"model_max_length": limit})
    return Checkpoint(source.origin, files, tensors)


def pair_config(checkpoint: Checkpoint) -> BertConfig:
    """Read the configuration of a checkpoint that classifies pairs.

    Raises:
        DataError: its labels are not I, C, S, E in this order.
    """
    labels = checkpoint.json(CONFIG).get("id2label")
    if labels != IDS:
        raise DataError(f"{checkpoint.origin}/{CONFIG}: id2label is {labels}; a cross-encoder has {', '.join(LABELS)}")
    config = bert_config(checkpoint)
    limit = checkpoint.json(TOKENIZER_CONFIG).get("model_max_length", config.max_tokens)
    return config.model_copy(update={"max_tokens": min(limit, config.max_tokens)})


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, indent=2).encode()

"""Checkpoints of cross-encoders in Hugging Face's layout: what `BertForSequenceClassification` and ours both read."""

import json
from typing import Any, Final

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
"""Standard deviation of new weights, as BERT's were when its training began."""


def starting_point(source: Checkpoint, max_tokens: int, seed: int) -> Checkpoint:
    """Return a BERT-type checkpoint as one that classifies pairs, with new weights where it has none for that.

    Args:
        source: any that the sentence encoder reads, with or without a pooler.
        max_tokens: bound on a pair's tokens; the checkpoint's positions bound them too.
        seed: of the new weights.

    Raises:
        DataError: the checkpoint is not of BERT's type, or knows no second token type.
    """
    settings = bert_config(source)
    if settings.type_vocab_size < 2:
        raise DataError(f"{source.origin}/{CONFIG}: type_vocab_size is 1; a pair of texts needs 2 token types")
    width, rng = settings.hidden_size, np.random.default_rng(seed)
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
    limit = min(max_tokens, settings.max_position_embeddings)
    files[TOKENIZER_CONFIG] = _json(rules | {"model_max_length": limit})
    return Checkpoint(source.origin, files, tensors)


def pair_config(checkpoint: Checkpoint) -> BertConfig:
    """Read the settings of a checkpoint that classifies pairs.

    Raises:
        DataError: its labels are not ours in our order.
    """
    labels = checkpoint.json(CONFIG).get("id2label")
    if labels != IDS:
        raise DataError(f"{checkpoint.origin}/{CONFIG}: id2label is {labels}; a cross-encoder has {', '.join(LABELS)}")
    settings = bert_config(checkpoint)
    limit = checkpoint.json(TOKENIZER_CONFIG).get("model_max_length", settings.max_tokens)
    return settings.model_copy(update={"max_tokens": min(limit, settings.max_tokens)})


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2).encode()

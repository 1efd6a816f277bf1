"""The checkpoint that training of a cross-encoder starts from."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.cross_encoder.checkpoint import IDS, TOKENIZER_CONFIG, has_labels, is_classifier, pair_checkpoint, to_json
from vitrine.cross_encoder.heads import HEADS
from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.encoders.field_values import positive_int, token_limit
from vitrine.encoders.sentence.config import LENGTH, SENTENCE_FILES
from vitrine.encoders.sentence.model import NAMES
from vitrine.errors import DataError
from vitrine.labels import LABELS

TOKENIZER: Final = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "vocab.json", "merges.txt",
)  # fmt: skip
DEVIATION: Final = 0.02
"""Standard deviation of new weights, as BERT's initialisation has it."""
LEVELS: Final = (-1.5, -0.5, 0.5, 1.5)
"""Factors with which the weights of one number, a relevance, become those of the four labels, from I to E."""
CLASSIFIERS: Final = {
    "bert": "BertForSequenceClassification",
    "distilbert": "DistilBertForSequenceClassification",
    "roberta": "RobertaForSequenceClassification",
    "xlm-roberta": "XLMRobertaForSequenceClassification",
    "mpnet": "MPNetForSequenceClassification",
}
BODY: Final = ("embeddings.", "encoder.", "transformer.")
"""Starts of the names of a transformer's weights, which stand behind the family's prefix in a classifier."""


def initial_checkpoint(source: Checkpoint, max_tokens: int, seed: int) -> Checkpoint:
    """Convert a checkpoint to one that classifies pairs into the four labels, with new weights for missing layers.

    Args:
        source: a text encoder, with or without a pooler, or a cross-encoder. One number of a cross-encoder becomes a
            direction from I to E, so that the ranking is kept; the weights of other labels are replaced.
        max_tokens: bound on a pair's tokens; the checkpoint's own bounds hold too.
        seed: seed of the new weights.

    Raises:
        DataError: the family cannot be trained, or has no second token type.
    """
    fields, where = source.json(CONFIG), f"{source.origin}/{CONFIG}"
    family = str(fields.get("model_type"))
    if family not in CLASSIFIERS:
        raise DataError(f"{where}: model_type '{family}' cannot be trained; {', '.join(CLASSIFIERS)} can")
    if family == "bert" and positive_int(fields.get("type_vocab_size", 2), f"{where}: type_vocab_size") < 2:
        raise DataError(f"{where}: type_vocab_size is 1; a pair of texts needs 2 token types")
    base = pair_checkpoint(source) if is_classifier(source) else source
    prefix, names = NAMES[family].prefix, HEADS[family]
    tensors = {
        f"{prefix}{bare}": source.tensors[name]
        for name in source.tensors
        if (bare := name.removeprefix(prefix)).startswith((*BODY, "pooler.dense") if family == "bert" else BODY)
    }
    width = positive_int(fields.get("hidden_size") or fields.get("dim"), f"{where}: hidden_size")
    rng = np.random.default_rng(seed)
    tensors |= _dense(base, names.dense, width, rng, tensors) | _classifier(base, names.classifier, width, rng)
    files = {name: content for name, content in base.files.items() if name in TOKENIZER}
    labels = {
        "architectures": [CLASSIFIERS[family]],
        "id2label": IDS,
        "label2id": {label: index for index, label in enumerate(LABELS)},
        "problem_type": "single_label_classification",
    }
    files[CONFIG] = to_json(fields | labels)
    rules = base.json(TOKENIZER_CONFIG) if TOKENIZER_CONFIG in files else {}
    own = token_limit(rules.get("model_max_length"), f"{source.origin}/{TOKENIZER_CONFIG}: model_max_length")
    limit = min(max_tokens, _own_limit(source), own or max_tokens)
    files[TOKENIZER_CONFIG] = to_json(rules | {"model_max_length": limit})
    return Checkpoint(source.origin, files, tensors)


def _own_limit(source: Checkpoint) -> int:
    """Return the bound of a text encoder on its tokens."""
    where = f"{source.origin}/{CONFIG}: max_position_embeddings"
    positions = positive_int(source.json(CONFIG).get("max_position_embeddings", 512), where)
    given = {name: source.json(name).get(LENGTH) for name in SENTENCE_FILES if name in source.files}
    named = [token_limit(limit, f"{source.origin}/{name}: {LENGTH}") for name, limit in given.items()]
    return int(min([positions, *(limit for limit in named if limit is not None)]))


def _dense(
    source: Checkpoint, name: str, width: int, rng: np.random.Generator, known: Mapping[str, object]
) -> dict[str, npt.NDArray[np.float32]]:
    weight, bias = f"{name}.weight", f"{name}.bias"
    if weight in known:
        return {}
    if weight in source.tensors:
        return {weight: source.tensor(weight, (width, width)), bias: source.tensor(bias, (width,))}
    return {weight: rng.normal(0, DEVIATION, (width, width)).astype(np.float32), bias: np.zeros(width, np.float32)}


def _classifier(
    source: Checkpoint, name: str, width: int, rng: np.random.Generator
) -> dict[str, npt.NDArray[np.float32]]:
    weight, bias = f"{name}.weight", f"{name}.bias"
    if weight in source.tensors and has_labels(source):
        return {weight: source.tensor(weight, (len(LABELS), width)), bias: source.tensor(bias, (len(LABELS),))}
    if weight in source.tensors and len(source.tensors[weight]) == 1:
        levels = np.array(LEVELS, np.float32)[:, np.newaxis]
        return {weight: levels * source.tensor(weight, (1, width)), bias: (levels * source.tensor(bias, (1,)))[:, 0]}
    return {
        weight: rng.normal(0, DEVIATION, (len(LABELS), width)).astype(np.float32),
        bias: np.zeros(len(LABELS), np.float32),
    }

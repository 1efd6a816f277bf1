"""The configuration of a text transformer, from the files that `transformers` and `sentence-transformers` write.

A field that the family's class in `transformers` does not read cannot change what it computes, and is passed over.
"""

from typing import Final, Literal

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.field_values import json_object, positive_int, token_limit, validated
from vitrine.encoders.known_fields import EMPTY, optional_json, require_known, require_one_of
from vitrine.encoders.tokenization.definition import RULES
from vitrine.encoders.transformer_config import TransformerConfig
from vitrine.errors import DataError

SENTENCE_FILES: Final = (
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_xlm-roberta_config.json",
)
TRANSFORMER: Final[dict[str, tuple[object, ...]]] = {
    "transformer_task": ("feature-extraction",),
    "module_output_name": ("token_embeddings",),
    "processing_kwargs": EMPTY,
    "query_length": EMPTY,
    "document_length": EMPTY,
    "query_expansion": EMPTY,
    "model_args": EMPTY,
    "tokenizer_args": EMPTY,
    "config_args": EMPTY,
    "model_kwargs": EMPTY,
    "processor_kwargs": EMPTY,
    "config_kwargs": EMPTY,
}
"""Fields of sentence-transformers' Transformer that change the vectors, and their supported values."""
LENGTH, LOWER, MODALITIES = "max_seq_length", "do_lower_case", "modality_config"
TEXT: Final = {"method": "forward", "method_output_name": "last_hidden_state"}
CODE: Final[dict[str, tuple[object, ...]]] = dict.fromkeys(
    ("auto_map", "quantization_config", "is_decoder", "add_cross_attention"), EMPTY
)
"""Fields of any configuration for which the computation would be another."""
BERT: Final[dict[str, tuple[object, ...]]] = {
    "position_embedding_type": (None, "absolute"),
    "pruned_heads": EMPTY,
    "is_encoder_decoder": EMPTY,
}
POSITIONS: Final = {"roberta": 1, "xlm-roberta": 1, "mpnet": 1}
"""The default padding token's id of the families that count positions from the id after it."""
RENAMED: Final = {
    "dim": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "hidden_dim": "intermediate_size",
    "activation": "hidden_act",
}
"""DistilBERT's names of the fields."""


class BertConfig(TransformerConfig):
    """Fields of `config.json`, by BERT's names, that affect the computation, and the bound on a text's tokens."""

    family: Literal["bert", "distilbert", "roberta", "xlm-roberta", "mpnet"] = "bert"
    vocab_size: int
    hidden_act: Literal["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"] = "gelu"
    layer_norm_eps: float = 1e-12
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    padding: int | None = None
    """The padding token's id, if positions count from the id after it."""
    relative_attention_num_buckets: int = 0
    max_tokens: int = 512


def bert_config(checkpoint: Checkpoint) -> BertConfig:
    """Read the configuration of BERT, DistilBERT, RoBERTa, XLM-RoBERTa or MPNet.

    Raises:
        DataError: a file or a field is missing, or the model's computation is not supported.
    """
    fields = checkpoint.json(CONFIG)
    family = str(fields.get("model_type", "bert"))
    where = f"{checkpoint.origin}/{CONFIG}"
    require_one_of(fields, where, CODE | BERT)
    if family == "distilbert":
        fields = {RENAMED.get(key, key): value for key, value in fields.items() if key not in RENAMED.values()}
        fields["type_vocab_size"] = 0
    padding = fields.get("pad_token_id", POSITIONS[family]) if family in POSITIONS else None
    if family == "mpnet":
        fields = {"relative_attention_num_buckets": 32, **fields, "type_vocab_size": 0}
        require_one_of(fields, where, {"pad_token_id": (1,), "relative_attention_num_buckets": (32,)})
    if family in POSITIONS and (not isinstance(padding, int) or padding < 0):
        raise DataError(f"{where}: pad_token_id is {padding!r}; {family} counts positions from the token id after it")
    first = 0 if padding is None else padding + 1
    positions = positive_int(fields.get("max_position_embeddings", 512), f"{where}: max_position_embeddings")
    limit = positions - first
    fields |= {"family": family, "padding": padding, "max_tokens": max_tokens(checkpoint, limit)}
    return validated(BertConfig, fields, where)


def max_tokens(checkpoint: Checkpoint, positions: int) -> int:
    """Return the bound on a text's tokens: `max_seq_length`, or else the tokenizer's; `positions` at most.

    Raises:
        DataError: a field of sentence-transformers is not supported, or a bound is no number of tokens.
    """
    own = sentence_fields(checkpoint).get(LENGTH)
    rules = optional_json(checkpoint, RULES)
    tokenizer = token_limit(rules.get("model_max_length"), f"{checkpoint.origin}/{RULES}: model_max_length")
    return int(min(own or tokenizer or positions, positions))


def lowers_case(checkpoint: Checkpoint) -> bool:
    """Return whether sentence-transformers changes texts to lower case before the tokenizer's own rules."""
    return bool(sentence_fields(checkpoint).get(LOWER))


def sentence_fields(checkpoint: Checkpoint) -> Json:
    """Return the settings of sentence-transformers' Transformer.

    Raises:
        DataError: a field is not known or not supported.
    """
    name = next((name for name in SENTENCE_FILES if name in checkpoint.files), None)
    if name is None:
        return {}
    fields, where = checkpoint.json(name), f"{checkpoint.origin}/{name}"
    require_known(fields, where, (*TRANSFORMER, LENGTH, LOWER, MODALITIES, "unpad_inputs", "backend"), strict=True)
    require_one_of(fields, where, TRANSFORMER)
    token_limit(fields.get(LENGTH), f"{where}: {LENGTH}")
    if MODALITIES in fields and json_object(fields[MODALITIES], f"{where}: {MODALITIES}").get("text") != TEXT:
        raise DataError(f"{where}: {MODALITIES}.text is not supported; {TEXT} is")
    return fields

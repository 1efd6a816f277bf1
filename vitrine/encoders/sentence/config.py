"""The configuration of a BERT checkpoint, from the files that `transformers` and `sentence-transformers` write."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.errors import DataError


class BertConfig(BaseModel):
    """Fields of `config.json`, by its names, that affect the computation, and the pooling of the tokens."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    hidden_act: Literal["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"] = "gelu"
    layer_norm_eps: float = 1e-12
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    max_tokens: int = 512
    pooling: Literal["mean", "cls"] = "mean"


def bert_config(checkpoint: Checkpoint) -> BertConfig:
    """Read `config.json` and, where present, `sentence_bert_config.json` and `1_Pooling/config.json`.

    Raises:
        DataError: a file or a field is missing, or the model's computation or pooling is not supported.
    """
    config = checkpoint.json(CONFIG)
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise DataError(f"{checkpoint.origin}/{CONFIG}: only absolute position embeddings are supported")
    limit = config.get("max_position_embeddings", 512)
    if "sentence_bert_config.json" in checkpoint.files:
        limit = min(limit, checkpoint.json("sentence_bert_config.json").get("max_seq_length") or limit)
    try:
        return BertConfig(**{**config, "max_tokens": limit, "pooling": _pooling(checkpoint)})
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{checkpoint.origin}/{CONFIG}: {first['loc'][0]}: {first['msg']}") from None


def _pooling(checkpoint: Checkpoint) -> str:
    name = "1_Pooling/config.json"
    if name not in checkpoint.files:
        return "mean"
    modes = {key for key, value in checkpoint.json(name).items() if key.startswith("pooling_mode_") and value is True}
    known = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    if len(modes) != 1 or not modes <= set(known):
        raise DataError(f"{checkpoint.origin}/{name}: pooling {sorted(modes)} is not supported; mean or cls is")
    return known[modes.pop()]

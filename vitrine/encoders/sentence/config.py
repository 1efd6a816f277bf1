"""A BERT checkpoint's settings, from the files that `transformers` and `sentence-transformers` write."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.encoders.checkpoint import CONFIG, read_json
from vitrine.errors import DataError


class BertConfig(BaseModel):
    """Fields of `config.json` (names as there) that change what is computed, and how the tokens are pooled."""

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


def read_bert_config(directory: Path) -> BertConfig:
    """Read `config.json` and, where present, `sentence_bert_config.json` and `1_Pooling/config.json`.

    Raises:
        DataError: a file is missing, the model is not a BERT, or it pools in a way we do not know.
    """
    config = read_json(directory / CONFIG)
    if config.get("model_type") != "bert":
        raise DataError(
            f"{directory / CONFIG}: model_type '{config.get('model_type')}' is not supported, only 'bert' is"
        )
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise DataError(f"{directory / CONFIG}: only absolute position embeddings are supported")
    limit = config.get("max_position_embeddings", 512)
    if (directory / "sentence_bert_config.json").exists():
        limit = min(limit, read_json(directory / "sentence_bert_config.json").get("max_seq_length") or limit)
    try:
        return BertConfig(**{**config, "max_tokens": limit, "pooling": _pooling(directory)})
    except ValidationError as error:
        raise DataError(f"{directory / CONFIG}: {_first(error)}") from None


def _first(error: ValidationError) -> str:
    detail = error.errors()[0]
    return f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"


def _pooling(directory: Path) -> str:
    path = directory / "1_Pooling" / "config.json"
    if not path.exists():
        return "mean"
    modes = {key for key, value in read_json(path).items() if key.startswith("pooling_mode_") and value is True}
    known = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    if len(modes) != 1 or not modes <= set(known):
        raise DataError(f"{path}: pooling {sorted(modes)} is not supported; mean or cls is")
    return known[modes.pop()]

"""Refusal of fields in a checkpoint's JSON files that are not known or not supported, since they may change what is
computed.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.errors import DataError

HARMLESS: Final = frozenset(
    {
        *("_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path"),
        *("architectures", "attention_dropout", "attn_implementation", "bad_words_ids", "begin_suppress_tokens"),
        *("bos_token_id", "chunk_size_feed_forward", "classifier_dropout", "decoder_start_token_id"),
        *("diversity_penalty", "do_sample", "dropout", "dtype", "early_stopping", "encoder_no_repeat_ngram_size"),
        *("exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id", "forced_eos_token_id"),
        *("gradient_checkpointing", "hidden_dropout", "id2label", "initializer_factor", "initializer_range"),
        *("is_composition", "label2id", "length_penalty", "max_length", "min_length", "model_type"),
        *("no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_labels", "num_return_sequences"),
        *("output_attentions", "output_hidden_states", "output_scores", "pad_token_id", "prefix", "problem_type"),
        *("remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate", "sep_token_id"),
        *("suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss", "tie_encoder_decoder"),
        *("tie_word_embeddings", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript"),
        *("transformers_version", "typical_p", "use_bfloat16", "use_cache"),
    }
)
"""Fields that every `config.json` of `transformers` may have, and that do not affect an encoder's vectors."""

FIXED: Final[Mapping[str, object]] = {
    "add_cross_attention": False,
    "is_decoder": False,
    "is_encoder_decoder": False,
    "pruned_heads": {},
}
"""Fields that every `config.json` of `transformers` may have, with the only value under which encoders are computed."""

EMPTY: Final[tuple[object, ...]] = (None, False, 0, "", {}, [])
"""Values that mean that something is not in use."""

SENTENCE_TRANSFORMERS: Final = (
    "__version__",
    "prompts",
    "default_prompt_name",
    "similarity_fn_name",
    "model_type",
    "truncate_dim",
    "model_card_data",
)
"""Fields of `config_sentence_transformers.json`."""


def require_known(
    fields: Json,
    where: str,
    known: Collection[str],
    fixed: Mapping[str, object] = MappingProxyType({}),
    harmless: Collection[str] = (),
    strict: bool = False,
) -> None:
    """Check that each field is known or harmless, or has its `fixed` value.

    A field that is null has the value that it has when it is absent, so it is passed over; but an unknown one is not if
    `strict`.

    Raises:
        DataError: a field is not known, or has another value.
    """
    require_values(fields, where, fixed)
    for name, value in fields.items():
        if name not in known and name not in harmless and name not in fixed and (strict or value is not None):
            raise DataError(
                f"{where}: '{name}' ({_short(value)}) is not known and may change what is computed; "
                "remove it if it does not"
            )


def require_values(fields: Json, where: str, fixed: Mapping[str, object]) -> None:
    """Check that each field of `fixed` is missing or null, or has the only supported value.

    Raises:
        DataError: a field has another value.
    """
    for name, value in fixed.items():
        if fields.get(name) not in (None, value):
            raise DataError(f"{where}: {name} {_short(fields[name])} is not supported; {_short(value)} is")


def require_one_of(fields: Json, where: str, allowed: Mapping[str, tuple[object, ...]]) -> None:
    """Check that each field of `allowed` is missing, or has one of its values.

    Raises:
        DataError: a field has another value.
    """
    for name, values in allowed.items():
        if name in fields and fields[name] not in values:
            wanted = " or ".join(map(repr, values[:2]))
            raise DataError(f"{where}: {name} is {fields[name]!r}, which is not supported; {wanted} is")


def optional_json(checkpoint: Checkpoint, name: str) -> Json:
    """Return the object of a file, or an empty one if the checkpoint has no such file.

    Raises:
        DataError: the file does not contain a JSON object.
    """
    return checkpoint.json(name) if name in checkpoint.files else {}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"

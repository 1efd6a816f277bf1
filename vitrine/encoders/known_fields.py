"""Refusal of fields in a checkpoint's JSON files that are not known, since they may change what is computed."""

from collections.abc import Collection, Mapping
from typing import Final

from vitrine.encoders.checkpoint import Json
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
    fixed: Mapping[str, object] = FIXED,
    harmless: Collection[str] = (),
) -> None:
    """Raise DataError for the first field that is neither known nor harmless, or differs from its `fixed` value.

    A field that is null has the value that it has when it is absent, so it is passed over.
    """
    for name, value in fields.items():
        if name in fixed:
            require_value(fields, where, name, fixed[name])
        elif value is not None and name not in known and name not in harmless:
            raise DataError(
                f"{where}: '{name}' ({_short(value)}) is not known and may change what is computed; "
                "remove it if it does not"
            )


def require_value(fields: Json, where: str, name: str, value: object) -> None:
    """Raise DataError if the field is present, not null and different from the only supported `value`."""
    if fields.get(name) not in (None, value):
        raise DataError(f"{where}: {name} {_short(fields[name])} is not supported; {_short(value)} is")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"

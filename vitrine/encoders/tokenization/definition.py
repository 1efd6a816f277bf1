"""A checkpoint's tokenizer, as `transformers` 5 makes it from the files.

A class that `transformers` builds itself takes the vocabulary from `tokenizer.json` and the rules from
`tokenizer_config.json`; for any other class `tokenizer.json` is all there is.
"""

import json
from collections.abc import Callable
from typing import Final, NamedTuple

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.known_fields import optional_json, require_values
from vitrine.encoders.tokenization.normalization import character_map, library_normalizer
from vitrine.errors import DataError

FILE: Final = "tokenizer.json"
RULES: Final = "tokenizer_config.json"
ROLES: Final = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
BERT: Final = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
ROBERTA: Final = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "cls_token": "<s>",
    "mask_token": "<mask>",
}
MPNET: Final = ROBERTA | {"unk_token": "[UNK]"}
GENERIC: Final = ("PreTrainedTokenizer", "TokenizersBackend")
REQUIRED: Final = {
    "truncation_side": "right",
    "padding_side": "right",
    "split_special_tokens": False,
    "add_bos_token": None,
    "add_eos_token": None,
    "auto_map": None,
}
"""Fields of `tokenizer_config.json` that change ids, with the only supported value."""
CLASS_OF_FAMILY: Final = {
    "bert": "BertTokenizer",
    "distilbert": "BertTokenizer",
    "mpnet": "MPNetTokenizer",
    "roberta": "RobertaTokenizer",
    "xlm-roberta": "XLMRobertaTokenizer",
}
"""The class where the files name none."""


class DefinedTokenizer(NamedTuple):
    """A tokenizer of the library with its definition, which takes long to make of a large vocabulary."""

    library: Tokenizer
    definition: Json
    """The fields of `tokenizer.json`, each of them given."""

    @classmethod
    def of(cls, library: Tokenizer) -> "DefinedTokenizer":
        """Return the tokenizer with its definition."""
        return cls(library, json.loads(library.to_str()))

    def rules(self) -> Json:
        """Return the part of the definition that determines the ids, for an encoder's fingerprint."""
        parts = ("added_tokens", "normalizer", "pre_tokenizer", "post_processor", "model")
        return {key: self.definition[key] for key in parts}


def tokenizer_file(checkpoint: Checkpoint) -> str:
    """Return the name of the file that has the vocabulary."""
    return next((name for name in (FILE, "vocab.txt", "vocab.json") if name in checkpoint.files), FILE)


def read_tokenizer(checkpoint: Checkpoint, family: str) -> Tokenizer:
    """Return the tokenizer of a checkpoint whose `config.json` has the model type `family`.

    Raises:
        DataError: the files are missing or unreadable, or the class of the tokenizer is not supported.
    """
    rules, where = optional_json(checkpoint, RULES), f"{checkpoint.origin}/{RULES}"
    require_values(rules, where, REQUIRED)
    named = rules.get("tokenizer_class") or checkpoint.json("config.json").get("tokenizer_class")
    kind = str(named or CLASS_OF_FAMILY.get(family, GENERIC[0])).removesuffix("Fast")
    generic = kind in GENERIC or family == "modernbert"
    if not generic and kind not in BUILDERS:
        supported = ", ".join([*BUILDERS, "PreTrainedTokenizerFast"])
        raise DataError(f"{where}: tokenizer_class '{named}' is not supported; {supported} are")
    name = tokenizer_file(checkpoint)
    if name not in checkpoint.files:
        raise DataError(
            f"{checkpoint.origin}/{name}: no such file; where transformers is installed, write it by "
            "AutoTokenizer.from_pretrained(folder).save_pretrained(folder)"
        )
    try:
        tokenizer = _from_file(checkpoint) if generic else BUILDERS[kind](_contents(checkpoint), _flat(rules))
        _add_tokens(tokenizer, checkpoint, rules, kind)
        if not generic:
            _put_ends(tokenizer, kind, _flat(rules))
    except DataError:
        raise
    except Exception as error:  # the library raises no narrower type
        raise DataError(f"{checkpoint.origin}/{name}: not a tokenizer ({error})") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _from_file(checkpoint: Checkpoint) -> Tokenizer:
    return Tokenizer.from_str(checkpoint.text(FILE))


def _contents(checkpoint: Checkpoint) -> Json:
    """Return the vocabulary and what belongs to it, as the field `model` of `tokenizer.json` has them."""
    if FILE in checkpoint.files:
        whole = checkpoint.json(FILE)
        return {**whole["model"], "normalizer": whole.get("normalizer"), "where": f"{checkpoint.origin}/{FILE}"}
    if "vocab.txt" in checkpoint.files:
        tokens = [line.rstrip() for line in checkpoint.text("vocab.txt").removesuffix("\n").split("\n")]
        where = f"{checkpoint.origin}/vocab.txt"
        return {"type": "WordPiece", "vocab": {token: index for index, token in enumerate(tokens)}, "where": where}
    lines = [line.split() for line in checkpoint.text("merges.txt").split("\n") if not line.startswith("#version")]
    merges = [line for line in lines if len(line) == 2]
    where = f"{checkpoint.origin}/vocab.json"
    return {"type": "BPE", "vocab": checkpoint.json("vocab.json"), "merges": merges, "where": where}


def _flat(rules: Json) -> Json:
    """Return the rules with the special tokens as strings."""
    return {
        key: value["content"] if key in ROLES and isinstance(value, dict) else value for key, value in rules.items()
    }


def _require_model(contents: Json, kind: str, family: str) -> None:
    if contents.get("type", kind) != kind:
        where, found = contents["where"], contents["type"]
        raise DataError(f"{where}: a {found} tokenizer; a {family} checkpoint has a {kind} one")


def _word_piece(contents: Json, rules: Json, defaults: dict[str, str]) -> Tokenizer:
    _require_model(contents, "WordPiece", "BERT")
    for key, value in (("max_input_chars_per_word", 100), ("continuing_subword_prefix", "##")):
        if contents.get(key, value) != value:
            raise DataError(f"{contents['where']}: model.{key} is {contents[key]!r}; for this class it is {value!r}")
    special = defaults | {role: rules[role] for role in ROLES if rules.get(role)}
    missing = [
        special[role] for role in ("unk_token", "cls_token", "sep_token") if special[role] not in contents["vocab"]
    ]
    if missing:
        raise DataError(f"{contents['where']}: no token {missing[0]}; is this a BERT vocabulary?")
    tokenizer = Tokenizer(models.WordPiece(contents["vocab"], unk_token=special["unk_token"]))
    tokenizer.normalizer = normalizers.BertNormalizer(
        handle_chinese_chars=rules.get("tokenize_chinese_chars", True),
        strip_accents=rules.get("strip_accents"),
        lowercase=rules.get("do_lower_case", True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _bert(contents: Json, rules: Json) -> Tokenizer:
    return _word_piece(contents, rules, BERT)


def _mpnet(contents: Json, rules: Json) -> Tokenizer:
    return _word_piece(contents, rules, MPNET)


def _roberta(contents: Json, rules: Json) -> Tokenizer:
    _require_model(contents, "BPE", "RoBERTa")
    merges = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in contents["merges"]]
    model = models.BPE(contents["vocab"], merges, continuing_subword_prefix="", end_of_word_suffix="")
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=rules.get("add_prefix_space", False))
    return tokenizer


def _xlm_roberta(contents: Json, rules: Json) -> Tokenizer:
    _require_model(contents, "Unigram", "XLM-RoBERTa")
    vocabulary = [(piece, score) for piece, score in contents["vocab"]]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=False))
    normalizer = character_map(contents.get("normalizer"))
    if normalizer:
        tokenizer.normalizer = library_normalizer(normalizer)
    scheme = "always" if rules.get("add_prefix_space", True) else "never"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme=scheme)]
    )
    return tokenizer


BUILDERS: Final[dict[str, Callable[[Json, Json], Tokenizer]]] = {
    "BertTokenizer": _bert,
    "DistilBertTokenizer": _bert,
    "MPNetTokenizer": _mpnet,
    "RobertaTokenizer": _roberta,
    "XLMRobertaTokenizer": _xlm_roberta,
}
DEFAULTS: Final = {
    "BertTokenizer": BERT,
    "DistilBertTokenizer": BERT,
    "MPNetTokenizer": MPNET,
    "RobertaTokenizer": ROBERTA,
    "XLMRobertaTokenizer": ROBERTA,
}


def _add_tokens(tokenizer: Tokenizer, checkpoint: Checkpoint, rules: Json, kind: str) -> None:
    """Add the tokens that the files list, those of `tokenizer_config.json` last, and the special tokens."""
    listed = checkpoint.json(FILE).get("added_tokens", []) if FILE in checkpoint.files else []
    wanted = {int(token["id"]): token for token in listed}
    wanted |= {
        int(index): {"id": int(index), **token} for index, token in rules.get("added_tokens_decoder", {}).items()
    }
    fields = ("single_word", "lstrip", "rstrip", "normalized", "special")
    for index in sorted(wanted):
        token = wanted[index]
        added = AddedToken(token["content"], **{field: token[field] for field in fields if field in token})
        tokenizer.add_special_tokens([added]) if token.get("special") else tokenizer.add_tokens([added])
        if tokenizer.token_to_id(token["content"]) != index:
            given = tokenizer.token_to_id(token["content"])
            raise DataError(
                f"{checkpoint.origin}: the added token '{token['content']}' has id {index}, and also {given}"
            )
    contents = {token["content"] for token in wanted.values()}
    special = DEFAULTS.get(kind, {}) | {role: rules[role] for role in ROLES if rules.get(role)}
    for role, token in special.items():
        fields_of_role = token if isinstance(token, dict) else {"content": token}
        content = fields_of_role["content"]
        if content not in contents and tokenizer.token_to_id(content) is not None:
            strips = fields_of_role.get("lstrip", role == "mask_token" and kind == "MPNetTokenizer")
            tokenizer.add_special_tokens([AddedToken(content, lstrip=strips, normalized=False)])
    for token in [*(rules.get("additional_special_tokens") or []), *(rules.get("extra_special_tokens") or [])]:
        content = token["content"] if isinstance(token, dict) else token
        if content not in contents:
            tokenizer.add_special_tokens([AddedToken(content, normalized=False)])


def _put_ends(tokenizer: Tokenizer, kind: str, rules: Json) -> None:
    special = DEFAULTS[kind] | {role: rules[role] for role in ROLES if rules.get(role)}
    first, last = ("bos_token", "eos_token") if kind == "XLMRobertaTokenizer" else ("cls_token", "sep_token")
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    start, end = ((str(special[role]), vocabulary[special[role]]) for role in (first, last))
    tokenizer.post_processor = processors.BertProcessing(end, start)

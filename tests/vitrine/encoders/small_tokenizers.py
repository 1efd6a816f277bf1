"""Small tokenizers of each kind, in the files that `transformers` reads."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from tests.vitrine.encoders.charsmap import charsmap, nfkc_keys
from vitrine.encoders.clip.byte_pair_encoding import byte_letters

CORPUS = [
    "red striped mug with a handle, 350ml (pack of 2)",
    "blue ceramic plates, set of 4; it's the dog's bowl",
    "roter Becher für heißen Tee, größer als 1,5 l",
    "tasse à café crème, naïve façade",
    "taza de café con leche, niño",
    "кружка красная большая, синяя лампа",
    "κόκκινη κούπα με χερούλι",
    "赤いマグカップ 陶器 日本語",
    "红色马克杯 陶瓷 中文",
    "빨간 머그컵 세트 한국어",
    "كوب أحمر كبير",
    "ספל אדום",
    "लाल मग बड़ा",
    "แก้วสีแดง ขนาดใหญ่",
    "    def f(x):\n\n        return x",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ANGLE = ["<s>", "<pad>", "</s>", "<unk>"]


def word_pieces(special: list[str], unknown: str) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=500, special_tokens=special))
    return tokenizer


def byte_level(special: list[str], normalizer: Any = None) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=byte_letters())
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def unigram() -> Tokenizer:
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    trained.train_from_iterator(
        CORPUS, trainers.UnigramTrainer(vocab_size=400, special_tokens=ANGLE, unk_token="<unk>")
    )
    definition = json.loads(trained.to_str())
    definition["model"]["unk_id"] = 3
    encoded = base64.b64encode(charsmap(nfkc_keys())).decode()
    definition["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": encoded}
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    return tokenizer


def modern() -> Tokenizer:
    tokenizer = byte_level(["<|padding|>", "<|endoftext|>", *SPECIAL], normalizers.NFC())
    tokenizer.add_tokens([AddedToken("  ", normalized=True), AddedToken("    ", normalized=True), "450ml"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:0 [SEP]:0",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer


MAKERS: dict[str, tuple[Callable[[], Tokenizer], dict[str, Any]]] = {
    "bert": (lambda: word_pieces(SPECIAL, "[UNK]"), {"tokenizer_class": "BertTokenizer"}),
    "distilbert": (lambda: word_pieces(SPECIAL, "[UNK]"), {"tokenizer_class": "DistilBertTokenizerFast"}),
    "mpnet": (lambda: word_pieces([*ANGLE, "[UNK]", "<mask>"], "[UNK]"), {"tokenizer_class": "MPNetTokenizer"}),
    "roberta": (lambda: byte_level([*ANGLE, "<mask>"]), {"tokenizer_class": "RobertaTokenizer"}),
    "xlm-roberta": (unigram, {"tokenizer_class": "XLMRobertaTokenizer"}),
    "modernbert": (modern, {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}),
}


def write_tokenizer(family: str, directory: Path, **rules: Any) -> int:
    """Write the tokenizer of a family to a directory, and return the number of its tokens."""
    make, common = MAKERS[family]
    tokenizer = make()
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "tokenizer_config.json").write_text(json.dumps(common | rules))
    if not (directory / "config.json").exists():
        (directory / "config.json").write_text(json.dumps({"model_type": family}))
    return int(tokenizer.get_vocab_size())

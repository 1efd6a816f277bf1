"""SigLIP as transformers has it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import sentencepiece
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import SiglipConfig, SiglipImageProcessorPil, SiglipTokenizer, T5Tokenizer
from transformers.utils import sentencepiece_model_pb2_new

from benchmarks.reference.functions.checkpoints import load, load_tokenizer, random_model
from benchmarks.reference.functions.vectors import image_vectors, unit_vectors


def write_tokenizer(directory: str, texts: list[str], size: int, **options: Any) -> None:
    """Learn a SentencePiece model of `size` pieces from texts, and write it with the tokenizer's settings."""
    target = Path(directory) / "spiece"
    ids = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_prefix=str(target), vocab_size=size, hard_vocab_limit=False, **ids
    )
    SiglipTokenizer(f"{target}.model", **options).save_pretrained(directory)


def write_model(directory: str, config: dict[str, Any], processor: dict[str, Any], **weights: Any) -> None:
    """Write a model with random weights, and its image processor; `weights` are arguments of `random_model`."""
    random_model("SiglipModel", SiglipConfig(**config), **weights).save_pretrained(directory)
    SiglipImageProcessorPil(**processor).save_pretrained(directory)


def write_gemma_tokenizer(directory: str, texts: list[str], size: int, kind: str, **options: Any) -> None:
    """Learn a tokenizer of `size` tokens like Gemma's from texts, and write it as the class `kind`."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{byte:02X}>" for byte in range(256))]
    learnt = Tokenizer(models.BPE(unk_token=special[3], byte_fallback=True, fuse_unk=True))
    learnt.normalizer = normalizers.Replace(" ", "▁")
    words = pre_tokenizers.Metaspace(prepend_scheme="never")
    learnt.pre_tokenizer = words
    learnt.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False))
    model = json.loads(learnt.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    getattr(transformers, kind)(vocab=model["vocab"], merges=merges, **options).save_pretrained(directory)


def write_t5_tokenizer(directory: str, texts: list[str], size: int, **options: Any) -> None:
    """Learn a SentencePiece model of `size` pieces from texts, and write it as T5's tokenizer."""
    target = Path(directory) / "learnt"
    ids = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_prefix=str(target), vocab_size=size, hard_vocab_limit=False, **ids
    )
    model = sentencepiece_model_pb2_new.ModelProto.FromString(target.with_suffix(".model").read_bytes())
    pieces = [(piece.piece, piece.score) for piece in model.pieces]
    charsmap = model.normalizer_spec.precompiled_charsmap
    tokenizer = T5Tokenizer(vocab=pieces, _spm_precompiled_charsmap=charsmap, extra_ids=0, **options)
    tokenizer.save_pretrained(directory)


def tokens(directory: str, texts: list[str], **options: Any) -> list[list[int]]:
    """Return the ids of each text, by default padded."""
    padded = {"padding": "max_length", "truncation": True} | options
    ids: list[list[int]] = load_tokenizer(directory)(texts, **padded)["input_ids"]
    return ids


def embed_texts(directory: str, texts: list[str]) -> np.ndarray:
    """Embed texts: float32 [N, D], rows of unit length."""
    model, tokenizer = load("SiglipModel", directory), load_tokenizer(directory)
    length = min(model.config.text_config.max_position_embeddings, tokenizer.model_max_length)

    def embed(batch: list[str]) -> torch.Tensor:
        inputs = tokenizer(batch, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
        return model.get_text_features(**inputs).pooler_output

    return unit_vectors(texts, embed)


def embed_images(directory: str, images: list[bytes | np.ndarray]) -> np.ndarray:
    """Embed images' files: float32 [N, D], rows of unit length."""
    return image_vectors("SiglipModel", "SiglipImageProcessorPil", directory, images)

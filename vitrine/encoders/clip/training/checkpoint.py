"""Export of the trained model as a checkpoint in Hugging Face's layout."""

import json

from tokenizers import Tokenizer

from vitrine.encoders.checkpoint import CONFIG, Arrays, Checkpoint
from vitrine.encoders.clip.config import ClipConfig
from vitrine.encoders.clip.tokenizer import END, START
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.encoders.images.processor import FILE, processor_file


def trained_checkpoint(tensors: Arrays, config: ClipConfig, tokenizer: Tokenizer, sizes: Preprocessing) -> Checkpoint:
    """Return the checkpoint of trained weights, which `transformers` and `load_encoder` read."""
    definition = json.loads(tokenizer.to_str())
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    tokenizer_config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": config.text_config.max_position_embeddings,
        **special,
    }
    files = {
        CONFIG: config.as_file(),
        FILE: processor_file(sizes),
        "tokenizer_config.json": tokenizer_config,
        "special_tokens_map.json": special,
        "vocab.json": definition["model"]["vocab"],
    }
    merges = "".join(f"{first} {second}\n" for first, second in definition["model"]["merges"])
    content = {name: json.dumps(value, indent=2, ensure_ascii=False).encode() for name, value in files.items()}
    content |= {
        "tokenizer.json": tokenizer.to_str(pretty=True).encode(),
        "merges.txt": f"#version: 0.2\n{merges}".encode(),
    }
    return Checkpoint("trained from scratch", content, tensors)

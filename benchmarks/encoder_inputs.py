"""The inputs and the random CLIP of `encoders.py`, generated the same way in every run."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.reference.client import Reference
from vitrine.data.sample.products import make_products
from vitrine.data.sample.queries import make_queries
from vitrine.data.sample.settings import SampleSettings
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.tokenizer import END, START, clip_vocabulary
from vitrine.encoders.clip.training.vocabulary import learn_tokenizer

SEED = 0
NOISE = 0.02
VOCABULARY = 4_096
DESCRIPTION_WORDS = 200
SIDES = (240, 480)
"""Bounds on the sides of the images, in pixels."""

SAMPLE = SampleSettings(products=600, queries=300)
PRODUCTS = make_products(SAMPLE)


def short_texts(count: int) -> list[str]:
    """Return distinct queries and product titles by turns, in no order of length."""
    queries = (query.text for query in make_queries(PRODUCTS, SAMPLE))
    titles = (product.text.title for product in PRODUCTS)
    mixed = [text for pair in zip(queries, titles, strict=False) for text in pair]
    return list(dict.fromkeys(mixed))[:count]


def descriptions(count: int) -> list[str]:
    """Return distinct texts of 200 words, made of products' descriptions one after the other."""
    words = " ".join(product.text.description for product in PRODUCTS).split()
    texts = [" ".join(words[start : start + DESCRIPTION_WORDS]) for start in range(0, len(words), DESCRIPTION_WORDS)]
    if count >= len(texts):
        raise ValueError(f"{count} descriptions: there are words for {len(texts) - 1}")
    return texts[:count]


def images(count: int) -> list[Image.Image]:
    """Return smooth RGB images of many shapes, already decoded."""
    rng = np.random.default_rng(SEED)
    coarse = (rng.integers(0, 256, (9, 9, 3), dtype=np.uint8) for _ in range(count))
    return [
        Image.fromarray(pixels).resize(tuple(rng.integers(*SIDES, 2).tolist()), Image.Resampling.BICUBIC)
        for pixels in coarse
    ]


def write_clip(reference: Reference, directory: Path, **sizes: Any) -> None:
    """Write a CLIP of ViT-B/32's shape with random weights and a tokenizer learnt from the sample's texts.

    `sizes` are fields of its configuration that make it smaller.
    """
    texts = [text for product in PRODUCTS for text in (product.text.title, product.text.description)]
    tokenizer = learn_tokenizer([*texts, *(query.text for query in make_queries(PRODUCTS, SAMPLE))], VOCABULARY)
    definition = {"tokenizer.json": tokenizer.to_str().encode()}
    vocabulary = clip_vocabulary(Checkpoint("learnt", definition, {}))
    reference("clip.write_tokenizer", directory=directory, vocabulary=vocabulary.ids, merges=vocabulary.merges)
    ends = {"bos_token_id": vocabulary.ids[START], "eos_token_id": vocabulary.ids[END]}
    config = sizes | {"text_config": sizes.get("text_config", {}) | ends}
    weights = {"seed": SEED, "noise": NOISE, "matrices": False}
    reference("clip.write_model", directory=directory, config=config, processor={}, **weights)

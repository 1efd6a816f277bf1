"""Small exports of every kind: encoders alone, and search models that differ in index, precision and last stage."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import tensorflow as tf

from benchmarks.reference.client import Reference
from tests.vitrine.encoders.small_encoders import CONFIGS, write_transformer
from tests.vitrine.search import shop
from tests.vitrine.serving.stock_runtime.requests import QUERIES
from vitrine.categories.head import CategoryHead
from vitrine.cross_encoder.calibrated import Calibration, open_source
from vitrine.data.vectors.files import ProductVectors, QueryVectors, write_vector_files
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.precomputed import PrecomputedEncoder
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import Precision
from vitrine.saved_model.saving import save
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.build.ranking_export import export_version
from vitrine.search.model.last_stage import LastStage
from vitrine.search.model.search_model import SearchModel
from vitrine.search.settings import CrossEncoderStage, SearchSettings, SearchWeights

Write = Callable[[Path], Path]
"""A function that writes a checkpoint to a directory and returns it."""

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "mug", "blue", "shoe", "红", "色", "杯", "##s"]
SIZES = {"top_k": 6, "candidates": 12}
LAYERS = {"num_hidden_layers": 2, "num_attention_heads": 4}
SMALLEST = {"distilbert": {"n_layers": 1}, "modernbert": {"num_hidden_layers": 2}}
"""Layers of families that need another field or more than one layer."""
SIGLIP_2 = {"add_bos_token": False, "add_eos_token": True, "padding_side": "right", "model_input_names": ["input_ids"]}


def write_chinese_clip(reference: Reference, directory: Path) -> Path:
    text = LAYERS | {"vocab_size": 20, "hidden_size": 32, "intermediate_size": 48, "max_position_embeddings": 64}
    vision = LAYERS | {"hidden_size": 40, "intermediate_size": 56, "image_size": 32, "patch_size": 8}
    config = {"text_config": text, "vision_config": vision, "projection_dim": 24}
    sizes = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    reference("chinese_clip.write", directory=directory, words=WORDS, config=config, processor=sizes, seed=0, noise=0.1)
    return directory


def write_siglip_2(reference: Reference, make_siglip: Callable[..., Path], directory: Path) -> Path:
    """Write a SigLIP with the tokenizer of Gemma."""
    make_siglip(directory, text={"vocab_size": 380})
    tokenizer = directory.with_name(f"{directory.name}-tokenizer")
    texts = ["red striped mug", "blue ceramic plates, set of 4", "café crème", "マグカップ"] * 3
    reference(
        "siglip.write_gemma_tokenizer", directory=tokenizer, texts=texts, size=380, kind="Siglip2Tokenizer", **SIGLIP_2
    )
    for file in directory.glob("spiece*"):
        file.unlink()
    shutil.copytree(tokenizer, directory, dirs_exist_ok=True)
    return directory


def sentence_checkpoints(reference: Reference) -> dict[str, Write]:
    """Return the families of text transformers, each with its kind of tokenizer."""

    def writer(family: str) -> Write:
        layers = SMALLEST.get(family, {"num_hidden_layers": 1})
        return lambda directory: write_transformer(reference, family, directory, **layers)

    return {family: writer(family) for family in CONFIGS}


def export_encoder(checkpoint: Path, directory: Path, precision: Precision = "float32") -> Path:
    """Export an encoder alone, with the signatures of the search model that need no product."""
    encoder = load_encoder(checkpoint, precision)
    save(encoder.module, directory, encoder_signatures(encoder))
    return directory


def encoder_signatures(encoder: Encoder) -> dict[str, tf.types.experimental.Callable]:
    module = encoder.module
    if not encoder.encodes_images:
        return {"embed_text": module.embed_text}

    def explain_image(embedding: tf.Tensor, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        return module.explain_image(embedding, image_bytes)

    specs = [tf.TensorSpec([None, encoder.dimension], tf.float32), tf.TensorSpec([None], tf.string)]
    explained = tf.function(explain_image, input_signature=specs, autograph=False)
    return {"embed_text": module.embed_text, "embed_image": module.embed_image, "explain_image": explained}


def export_precomputed(folder: Path, directory: Path) -> Path:
    """Export the encoder of known queries, whose vectors others have computed."""
    rows = np.eye(len(QUERIES), shop.DIMENSION, dtype=np.float32)
    queries = QueryVectors(pa.array(["0", "1"]), pa.array(QUERIES), rows)
    present = np.ones(len(QUERIES), bool)
    products = ProductVectors(pa.array(["p", "q"]), rows, rows, present, present)
    write_vector_files(folder, "some/model", shop.DIMENSION, [queries], [products])
    module = PrecomputedEncoder(folder, None).module
    save(module, directory, {"embed_text": module.embed_text})
    return directory


def export_search_models(reference: Reference, folder: Path) -> dict[str, Path]:
    """Export search models of the shop: all stages over the exact index, and linked lists in bfloat16."""
    encoder, classifier = shop.HashingEncoder(), shop.save_classifier(folder / "classifier")

    def built(settings: SearchSettings, weights: SearchWeights) -> SearchModel:
        return build_search_model(shop.catalogue(), *shop.sides(encoder), encoder, classifier, settings, weights)

    words = SearchWeights(lexical=1.0, coverage=1.0, features=(0.5, 0.5), contradiction=1.0)
    exact = built(SearchSettings(index="exact", **SIZES), words)
    exact.last_stage = last_stage(reference, folder / "cross_encoder")
    exact.category_head = CategoryHead.initial(["lamp", "mug"], shop.DIMENSION, hidden=4, seed=0)
    settings = SearchSettings(index="ivf", lists=4, probes=2, precision="bfloat16", diversity=0.4, **SIZES)
    with patch("vitrine.search.index.inverted_lists.LINKED_FROM", 0):  # small catalogues have no links
        lists = built(settings, SearchWeights(blend=0.0))
    assert lists.text_retriever.index is not None
    assert lists.text_retriever.index.has_links
    for version, model in (("1", exact), ("2", lists)):
        export_search_model(model, folder / "product_search" / version, ["red mug"], [shop.image_bytes("red")])
    return {
        "exact": folder / "product_search" / "1",
        "lists": folder / "product_search" / "2",
        "ranking": export_version(folder, 1),
    }


def last_stage(reference: Reference, directory: Path) -> LastStage:
    """Return a last stage of a random cross-encoder."""
    labels = {"num_labels": 4, "num_hidden_layers": 1}
    source = write_transformer(reference, "bert", directory, kind="ForSequenceClassification", **labels)
    stage = CrossEncoderStage(source=str(source), candidates=4, max_tokens=16)
    return LastStage(open_source(stage, ""), Calibration(np.eye(4), np.zeros(4)), 0.5, 4, stage.fields)

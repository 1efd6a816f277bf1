"""Small exports of every kind: encoders alone, and search models that differ in index, precision and last stage."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.reference.client import Reference
from tests.vitrine.encoders.small_encoders import CONFIGS, write_transformer
from tests.vitrine.search import shop
from tests.vitrine.search.precomputed_shop import produce_precomputed
from vitrine.categories.head import CategoryHead
from vitrine.cross_encoder.calibrated import Calibration, open_source
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import Precision
from vitrine.saved_model.saving import save
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.build.ranking_export import export_version
from vitrine.search.model.last_stage import LastStage
from vitrine.search.settings import CrossEncoderStage, SearchSettings, SearchWeights

Write = Callable[[Path], Path]
"""A function that writes a checkpoint to a directory and returns it."""

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "mug", "blue", "shoe", "红", "色", "杯", "##s"]
LAYERS = {"num_hidden_layers": 2, "num_attention_heads": 4}
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
        return lambda directory: write_transformer(reference, family, directory)

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


def export_search_models(reference: Reference, folder: Path) -> dict[str, Path]:
    """Export search models of the shop with every index, precision, stage and head."""
    encoder, classifier = shop.HashingEncoder(), shop.save_classifier(folder / "classifier")

    def export(name: str, settings: SearchSettings, weights: SearchWeights, last_stage: LastStage | None = None) -> Path:
        sides = shop.sides(encoder)
        model = build_search_model(shop.catalogue(), *sides, encoder, classifier, settings, weights)
        model.last_stage = last_stage
        model.category_head = CategoryHead.initial(["lamp", "mug"], shop.DIMENSION, hidden=4, seed=0)
        export_search_model(model, folder / "product_search" / name, ["red mug"], [shop.image_bytes("red")])
        return folder / "product_search" / name

    sizes = {"top_k": 6, "candidates": 12}
    words = SearchWeights(lexical=1.0, coverage=1.0, features=(0.5, 0.5), contradiction=1.0)
    source = write_transformer(
        reference, "bert", folder / "cross_encoder", kind="ForSequenceClassification", num_labels=4
    )
    stage = CrossEncoderStage(source=str(source), candidates=4, max_tokens=16)
    reads = LastStage(open_source(stage, ""), Calibration(np.eye(4), np.zeros(4)), 0.5, 4, stage.fields)
    lists = SearchSettings(index="ivf", lists=4, probes=2, precision="bfloat16", diversity=0.4, **sizes)
    models = {
        "exact": export("1", SearchSettings(index="exact", **sizes), words),
        "lists": export("2", lists, SearchWeights(blend=0.0)),
        "cross_encoder": export("3", SearchSettings(**sizes), SearchWeights(blend=0.5), reads),
        "ranking": export_version(folder, 1),
        "precomputed": produce_precomputed(folder / "precomputed") / "product_search" / "1",
    }
    return models | {"classifier": classifier}

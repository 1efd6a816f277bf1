"""Trains a small CLIP on a catalogue, from texts and pictures to a checkpoint."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import keras_hub
import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from vitrine.data.columns import IMAGE, PRODUCT_ID
from vitrine.data.contract.splits import position
from vitrine.data.images.decoding import Folder
from vitrine.encoders.clip.backbone import build_backbone, load_weights
from vitrine.encoders.clip.config import ClipConfig, TextConfig, VisionConfig
from vitrine.encoders.clip.preprocessing import Preprocessing
from vitrine.encoders.clip.tokenizer import END, START
from vitrine.encoders.clip.training.batches import Examples, Rows
from vitrine.encoders.clip.training.checkpoint import checkpoint_of
from vitrine.encoders.clip.training.image_cache import decode_pictures
from vitrine.encoders.clip.training.initial_weights import first_values
from vitrine.encoders.clip.training.text_views import STOP, Marks
from vitrine.encoders.clip.training.tokenized_catalogue import FIELDS, NONE, tokenized
from vitrine.encoders.clip.training.trainer import Trainee
from vitrine.encoders.clip.training.vocabulary import learn_tokenizer
from vitrine.encoders.settings import ClipArchitecture, ClipTrainingSettings, EncoderSettings
from vitrine.errors import DataError

LONG: Final = 0.99
"""Long views are as long as this share of the products needs."""
FRAME: Final = 2 + len(FIELDS)
"""Tokens of a long view that are not the product's own: start, end, and what stands between fields."""
FEWEST: Final = 8
"""Products that can be told from each other at all."""


def train_clip(
    products: pa.Table,
    image_root: Folder,
    config: EncoderSettings,
    directory: Path,
    on_epoch: Callable[[dict[str, float]], None],
) -> None:
    """Train a CLIP from scratch on products' texts and pictures, and write its checkpoint to `directory` in one step.

    Args:
        products: string columns `product_id`, `title`, `description`, `brand`, `color`, `category` and `image`, "" for
            none.
        image_root: where relative image paths start.
        config: `architecture` and `training`.
        directory: where the checkpoint goes, in Hugging Face's layout.
        on_epoch: called after each epoch with `epoch` from 1, `loss` and, on products held out of training, what
            `Trainee.accuracy` measures. The checkpoint is that of the epoch with the best mean of them.

    Raises:
        DataError: there are too few products with a text and a readable picture.
    """
    settings = config.training or ClipTrainingSettings()
    texts = (text for name in FIELDS for text in products[name].to_pylist() if text)
    tokenizer = learn_tokenizer(texts, config.architecture.vocabulary_size)
    clip = clip_config(config.architecture, tokenizer)
    sizes = Preprocessing(shortest_edge=clip.vision_config.image_size, crop=clip.vision_config.image_size)
    corpus = tokenized(products, tokenizer, clip.text_config.max_position_embeddings)
    with tempfile.TemporaryDirectory() as scratch:
        pixels, pictured = decode_pictures(products[IMAGE].to_pylist(), image_root, sizes, Path(scratch) / "pixels")
        width = min(
            int(np.quantile((corpus.token != NONE).sum(axis=1), LONG)) + 10, clip.text_config.max_position_embeddings
        )
        examples = Examples(corpus, pixels, pictured, marks_of(tokenizer), width)
        backbone = build_backbone(clip)
        load_weights(backbone, clip, first_values(backbone, clip, settings.seed))
        fit(backbone, examples, products[PRODUCT_ID].to_pylist(), sizes, settings, on_epoch)
    checkpoint_of(backbone, clip, tokenizer, sizes).save(directory)


def fit(
    backbone: "keras_hub.models.CLIPBackbone",
    examples: Examples,
    product_ids: list[str],
    sizes: Preprocessing,
    settings: ClipTrainingSettings,
    on_epoch: Callable[[dict[str, float]], None],
) -> None:
    """Train the backbone, and leave it with the weights of its best epoch."""
    rng = np.random.default_rng(settings.seed)
    training, validation = split(examples, product_ids, settings.validation_share)
    size = min(settings.batch_size, len(training))
    steps = len(training) // size
    trainee = Trainee(backbone, sizes, examples.marks.end, settings, steps * settings.epochs)
    best, kept = -1.0, backbone.get_weights()
    for epoch in range(settings.epochs):
        losses = [
            trainee.step(batch, np.int32(epoch * steps + number)).numpy()
            for number, batch in enumerate(examples.epoch(training, size, rng))
        ]
        accuracy = trainee.accuracy(examples, validation)
        on_epoch({"epoch": epoch + 1, "loss": float(np.mean(losses)), **accuracy})
        reached = float(np.mean(list(accuracy.values())))
        if reached >= best:
            best, kept = reached, backbone.get_weights()
    backbone.set_weights(kept)


def split(examples: Examples, product_ids: list[str], share: float) -> tuple[Rows, Rows]:
    """Rows to train on, and rows to validate on: about `share` of them, chosen by a hash of the product's id.

    Raises:
        DataError: too few products have a text and a readable picture.
    """
    worded = (examples.corpus.token != NONE).any(axis=1)
    if (worded & examples.pictured).sum() < FEWEST:
        raise DataError(
            f"training CLIP from scratch needs at least {FEWEST} products with a text and a readable picture, found "
            f"{(worded & examples.pictured).sum()}; check data.image_root, or use a sentence encoder"
        )
    held_out = np.array([position(product_id, "clip validation") < share for product_id in product_ids])
    usable = worded | examples.pictured
    training, validation = np.flatnonzero(usable & ~held_out), np.flatnonzero(worded & examples.pictured & held_out)
    # Of a handful of products none may be left to hold out, or to train on.
    every = np.flatnonzero(usable)
    return (training if len(training) >= FEWEST else every), (validation if len(validation) else every)


def clip_config(architecture: ClipArchitecture, tokenizer: Tokenizer) -> ClipConfig:
    """The configuration of a CLIP with these towers and this vocabulary."""
    tower = {
        "hidden_size": architecture.width,
        "intermediate_size": 4 * architecture.width,
        "num_attention_heads": architecture.heads,
    }
    return ClipConfig(
        text_config=TextConfig(
            **tower,
            num_hidden_layers=architecture.text_layers,
            vocab_size=tokenizer.get_vocab_size(),
            max_position_embeddings=architecture.max_tokens,
            eos_token_id=tokenizer.token_to_id(END),
        ),
        vision_config=VisionConfig(
            **tower,
            num_hidden_layers=architecture.vision_layers,
            image_size=architecture.image_size,
            patch_size=architecture.patch_size,
        ),
        projection_dim=architecture.dimension,
    )


def marks_of(tokenizer: Tokenizer) -> Marks:
    """Ids of the tokens that views are made with."""
    ids = tokenizer.get_vocab()
    return Marks(ids[START], ids[END], ids[STOP])

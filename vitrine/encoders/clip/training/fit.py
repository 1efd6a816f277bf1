"""Training of a small CLIP on a catalogue, from texts and images to a checkpoint."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from vitrine.data.columns import IMAGE, PRODUCT_ID
from vitrine.data.contract.splits import position
from vitrine.data.images.image_root import Folder
from vitrine.encoders.checkpoint import Arrays
from vitrine.encoders.clip.config import ClipConfig, TextConfig, VisionConfig
from vitrine.encoders.clip.tokenizer import END, START
from vitrine.encoders.clip.training.batches import Examples, Rows
from vitrine.encoders.clip.training.checkpoint import trained_checkpoint
from vitrine.encoders.clip.training.image_cache import decode_images
from vitrine.encoders.clip.training.initial_weights import draw_initial_weights
from vitrine.encoders.clip.training.model import ClipModel
from vitrine.encoders.clip.training.text_views import STOP, Marks
from vitrine.encoders.clip.training.tokenized_catalogue import FIELDS, NONE, tokenize_catalogue
from vitrine.encoders.clip.training.trainer import ContrastiveTrainer
from vitrine.encoders.clip.training.vocabulary import learn_tokenizer
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.encoders.settings import ClipArchitecture, EncoderSettings
from vitrine.encoders.training_settings import ClipTrainingSettings
from vitrine.errors import DataError

DOCUMENT_QUANTILE: Final = 0.99
"""Quantile of the products' text lengths that long views have room for."""
MIN_PRODUCTS: Final = 8
"""Smallest number of products for contrastive training."""


def train_clip(
    products: pa.Table,
    image_root: Folder,
    settings: EncoderSettings,
    directory: Path,
    on_epoch: Callable[[dict[str, float]], None],
) -> None:
    """Train a CLIP from scratch on products' texts and images, and write its checkpoint to `directory` atomically.

    Args:
        products: string columns `product_id`, `title`, `description`, `brand`, `color`, `category` and `image`, "" for
            none.
        image_root: the root of relative image paths.
        settings: `architecture` and `training` are used.
        directory: the checkpoint's directory, in Hugging Face's layout.
        on_epoch: called after each epoch with `epoch` from 1, `loss` and the accuracies of
            `ContrastiveTrainer.accuracy` on held-out products. The checkpoint is that of the epoch with the best mean
            accuracy.

    Raises:
        DataError: there are too few products with a text and a readable image.
    """
    assert isinstance(settings.training, ClipTrainingSettings)
    training = settings.training
    texts = (text for name in FIELDS for text in products[name].to_pylist() if text)
    tokenizer = learn_tokenizer(texts, settings.architecture.vocabulary_size)
    clip = clip_config(settings.architecture, tokenizer)
    sizes = Preprocessing(shortest_edge=clip.vision_config.image_size, crop=clip.vision_config.image_size)
    catalogue = tokenize_catalogue(products, tokenizer, clip.text_config.max_position_embeddings)
    with tempfile.TemporaryDirectory() as scratch:
        pixels, has_image = decode_images(products[IMAGE].to_pylist(), image_root, sizes, Path(scratch) / "pixels")
        width = min(
            int(np.quantile((catalogue.token != NONE).sum(axis=1), DOCUMENT_QUANTILE)) + 10,
            clip.text_config.max_position_embeddings,
        )
        examples = Examples(catalogue, pixels, has_image, marker_tokens(tokenizer), width)
        model = ClipModel(draw_initial_weights(clip, training.seed), clip, sizes)
        tensors = fit(model, examples, products[PRODUCT_ID].to_pylist(), training, on_epoch)
    trained_checkpoint(tensors, clip, tokenizer, sizes).save(directory)


def fit(
    model: ClipModel,
    examples: Examples,
    product_ids: list[str],
    settings: ClipTrainingSettings,
    on_epoch: Callable[[dict[str, float]], None],
) -> Arrays:
    """Train the model, and return the weights of its best epoch by the names of a checkpoint."""
    rng = np.random.default_rng(settings.seed)
    training, validation = split(examples, product_ids, settings.validation_share)
    size = min(settings.batch_size, len(training))
    steps = len(training) // size
    trainer = ContrastiveTrainer(model, settings, steps * settings.epochs)
    best, kept = -1.0, model.tensors()
    for epoch in range(settings.epochs):
        losses = [
            trainer.step(batch, np.int32(epoch * steps + number)).numpy()
            for number, batch in enumerate(examples.epoch(training, size, rng))
        ]
        accuracy = trainer.accuracy(examples, validation)
        on_epoch({"epoch": epoch + 1, "loss": float(np.mean(losses)), **accuracy})
        mean = float(np.mean(list(accuracy.values())))
        if mean >= best:
            best, kept = mean, model.tensors()
    return kept


def split(examples: Examples, product_ids: list[str], share: float) -> tuple[Rows, Rows]:
    """Split the rows for training and for validation: about `share` of them, chosen by a hash of the product's id.

    Raises:
        DataError: too few products have a text and a readable image.
    """
    has_text = (examples.catalogue.token != NONE).any(axis=1)
    if (has_text & examples.has_image).sum() < MIN_PRODUCTS:
        raise DataError(
            f"training CLIP from scratch needs at least {MIN_PRODUCTS} products with a text and a readable image, "
            f"found {(has_text & examples.has_image).sum()}; check data.image_root, or use a sentence encoder"
        )
    held_out = np.array([position(product_id, "clip validation") < share for product_id in product_ids])
    usable = has_text | examples.has_image
    training, validation = np.flatnonzero(usable & ~held_out), np.flatnonzero(has_text & examples.has_image & held_out)
    # In a tiny catalogue, the split may leave too few products for training, or none for validation.
    everything = np.flatnonzero(usable)
    return (training if len(training) >= MIN_PRODUCTS else everything), (validation if len(validation) else everything)


def clip_config(architecture: ClipArchitecture, tokenizer: Tokenizer) -> ClipConfig:
    """Return the configuration of a CLIP with this architecture and vocabulary."""
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


def marker_tokens(tokenizer: Tokenizer) -> Marks:
    """Return the ids of the tokens that frame and separate the fields of views."""
    ids = tokenizer.get_vocab()
    return Marks(ids[START], ids[END], ids[STOP])

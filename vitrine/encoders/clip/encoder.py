"""The CLIP encoder: tokenizer, preprocessing and both towers of a checkpoint."""

from typing import Final

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig, clip_config
from vitrine.encoders.clip.tokenizer import END, ClipTokenizer, ClipVocabulary, clip_vocabulary
from vitrine.encoders.clip.towers import LEGACY_END, TextTower, VisionTower
from vitrine.encoders.images.encoder import ImageTextEncoder, ImageTextModule
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.encoders.images.processor import read_preprocessing
from vitrine.encoders.settings import Precision
from vitrine.errors import DataError

UNUSED: Final = r"logit_scale|.*\.position_ids"
"""Weights that no vector depends on."""


class ClipEncoder(ImageTextEncoder):
    """A CLIP encoder."""

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32", trainable: bool = False):
        """Build the encoder, with float32 weights if it is `trainable`.

        Raises:
            DataError: the checkpoint is incomplete or not supported.
        """
        config = clip_config(checkpoint)
        sizes = read_preprocessing(checkpoint, config.vision_config.image_size)
        vocabulary = clip_vocabulary(checkpoint)
        _check_ids(vocabulary, config, checkpoint.origin)
        longest = config.text_config.max_position_embeddings
        module = ImageTextModule(
            ClipTokenizer(vocabulary, longest),
            TextTower(config, checkpoint, precision, trainable),
            VisionTower(config, checkpoint, precision, trainable),
            sizes,
        )
        checkpoint.require_all_read(UNUSED)
        super().__init__(
            checkpoint, module, sizes, config.projection_dim, 4 * longest, lambda: _rules(config, sizes, checkpoint)
        )


def _rules(config: ClipConfig, sizes: Preprocessing, checkpoint: Checkpoint) -> dict[str, object]:
    vocabulary = clip_vocabulary(checkpoint)
    rules: dict[str, object] = {
        "clip": config.model_dump(),
        "pictures": sizes.rules(),  # a change of the key would change every fingerprint
        "tokenizer": [vocabulary.ids, vocabulary.merges, [list(token[:3]) for token in vocabulary.added]],
    }
    if vocabulary.max_tokens and vocabulary.max_tokens < config.text_config.max_position_embeddings:
        rules["max_tokens"] = vocabulary.max_tokens
    if vocabulary.cleaned:
        rules["cleaned"] = True
    return rules


def _check_ids(vocabulary: ClipVocabulary, config: ClipConfig, origin: str) -> None:
    """Raise DataError if the text tower has no embedding for a token, or has another end token than the tokenizer."""
    text, end, largest = config.text_config, vocabulary.ids[END], max(vocabulary.ids.values())
    if largest >= text.vocab_size:
        raise DataError(f"{origin}: the tokenizer has id {largest}, but config.json has vocab_size {text.vocab_size}")
    if text.eos_token_id not in (LEGACY_END, end):
        raise DataError(f"{origin}: {END} has id {end}, but config.json has eos_token_id {text.eos_token_id}")
    highest = max(vocabulary.added, key=lambda token: token.id)
    if text.eos_token_id == LEGACY_END and highest.id > end:
        raise DataError(
            f"{origin}/config.json: with text_config.eos_token_id {LEGACY_END}, a text ends at its highest id, which "
            f"'{highest.content}' has; set eos_token_id to {end}, the id of {END}"
        )

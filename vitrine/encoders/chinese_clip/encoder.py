"""Chinese-CLIP (Yang et al. 2022): CLIP's image tower beside a BERT, whose first state is the text's."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.encoders.clip.config import UNUSED as UNUSED_FIELDS
from vitrine.encoders.clip.config import ClipConfig, VisionConfig
from vitrine.encoders.clip.encoder import UNUSED
from vitrine.encoders.clip.layers import levels
from vitrine.encoders.clip.towers import VisionTower
from vitrine.encoders.field_values import json_object, validated
from vitrine.encoders.images.encoder import ImageTextEncoder, ImageTextModule
from vitrine.encoders.images.processor import CLIP, Processor, read_preprocessing
from vitrine.encoders.known_fields import FIXED, HARMLESS, require_known
from vitrine.encoders.sentence.families import Transformer, open_tokenizer, open_transformer
from vitrine.encoders.sentence.model import Bert
from vitrine.encoders.settings import Precision
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.encoders.transformer_layers import Dropout, Parameter, Weights, module_tensors, no_dropout, unit
from vitrine.errors import DataError

PREFIX: Final = "text_model."
PROCESSOR: Final = Processor(("ChineseCLIPImageProcessor", "ChineseCLIPFeatureExtractor"), CLIP.defaults)
VISION: Final = {**FIXED, "model_type": "chinese_clip_vision_model", "num_channels": 3}


class TextTower(tf.Module):
    """The text tower, from token ids to vectors."""

    def __init__(
        self,
        transformer: Transformer,
        checkpoint: Checkpoint,
        dimension: int,
        precision: Precision,
        trainable: bool = False,
    ):
        super().__init__()
        assert isinstance(transformer.model, Bert)
        self.bert = transformer.model
        weights = Weights(checkpoint, tf.as_dtype(precision), trainable)
        self._dtype = weights.dtype
        shape = (dimension, transformer.width)
        self.projection = Parameter(weights, "text_projection.weight", shape, (1, 0))

    @property
    def words(self) -> tf.Variable:
        """The word vectors."""
        return self.bert.words

    def levels(self) -> list[list[tf.Variable]]:
        """Return the variables from the head down to the embeddings, layer by layer."""
        above = levels([self.projection], self.bert.layers, [])
        known = {id(variable) for level in above for variable in level}
        return [*above[:-1], [variable for variable in self.bert.variables if id(variable) not in known]]

    def __call__(self, ids: tf.RaggedTensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, of int32 ids [B, (T)], special tokens included."""
        first = tf.cast(self.bert.hidden(ids, None, dropout)[:, 0], self._dtype)
        return unit(tf.linalg.matmul(first, tf.cast(self.projection.value, self._dtype)))


class ChineseClipEncoder(ImageTextEncoder):
    """A Chinese-CLIP encoder."""

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32", trainable: bool = False):
        """Build the encoder, with float32 weights if it is `trainable`.

        Raises:
            DataError: the checkpoint is incomplete or not supported.
        """
        config = _vision_config(checkpoint)
        sizes = read_preprocessing(checkpoint, config.vision_config.image_size, PROCESSOR)
        text = _text_checkpoint(checkpoint)
        transformer = open_transformer(text, precision, trainable=trainable)
        tokenizer = open_tokenizer(text, transformer)
        module = ImageTextModule(
            TextTokenizer(tokenizer, transformer.max_tokens, checkpoint.origin),
            TextTower(transformer, checkpoint, config.projection_dim, precision, trainable),
            VisionTower(config, checkpoint, precision, trainable),
            sizes,
        )
        text.require_all_read(UNUSED)
        checkpoint.require_all_read(rf"{UNUSED}|{PREFIX}.*")
        rules: dict[str, object] = {
            "text": transformer.rules,
            "vision": config.model_dump(include={"vision_config", "projection_dim"}),
            "images": sizes.rules(),
            "tokenizer": tokenizer.rules(),
        }
        longest = 4 * transformer.max_tokens
        super().__init__(checkpoint, module, sizes, config.projection_dim, longest, lambda: rules)

    def _trained_tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        assert isinstance(self.module.text, TextTower)
        words, vision = self.module.text, self.module.vision
        text = {f"{PREFIX}{name}": value for name, value in words.bert.tensors().items()}
        return text | words.projection.tensors() | module_tensors(vision)


def _vision_config(checkpoint: Checkpoint) -> ClipConfig:
    """Return the image tower's settings, with those of a text tower that is not used."""
    where, fields = f"{checkpoint.origin}/{CONFIG}", checkpoint.json(CONFIG)
    known = {"text_config", "vision_config", "projection_dim"}
    require_known(fields, where, known, FIXED, HARMLESS | {"logit_scale_init_value"})
    vision = json_object(fields.get("vision_config") or {}, f"{where}: vision_config")
    require_known(vision, f"{where}: vision_config", VisionConfig.model_fields, VISION, HARMLESS | UNUSED_FIELDS)
    read = {"vision_config": vision, "projection_dim": fields.get("projection_dim") or 512}
    return validated(ClipConfig, read, where)


def _text_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """Return the checkpoint of the BERT inside."""
    where = f"{checkpoint.origin}/{CONFIG}"
    text = json_object(checkpoint.json(CONFIG).get("text_config") or {}, f"{where}: text_config")
    if text.get("model_type", "chinese_clip_text_model") != "chinese_clip_text_model":
        raise DataError(f"{where}: text_config.model_type '{text['model_type']}' is not supported")
    config = json.dumps({**DEFAULTS, **text, "model_type": "bert"}).encode()
    return Checkpoint(checkpoint.origin, {**checkpoint.files, CONFIG: config}, TextTensors(checkpoint.tensors))


DEFAULTS: Final = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
}
"""Fields of the text tower that `transformers` sets where a file does not."""


class TextTensors(Mapping[str, npt.NDArray[np.float32]]):
    """The text tower's tensors, by the names of a BERT."""

    def __init__(self, tensors: Mapping[str, npt.NDArray[np.float32]]):
        self._tensors = tensors

    def __getitem__(self, name: str) -> npt.NDArray[np.float32]:
        return self._tensors[f"{PREFIX}{name}"]

    def __contains__(self, name: object) -> bool:
        return f"{PREFIX}{name}" in self._tensors

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(PREFIX) for name in self._tensors if name.startswith(PREFIX))

    def __len__(self) -> int:
        return sum(1 for _ in self)

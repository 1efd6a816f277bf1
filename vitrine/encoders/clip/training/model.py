"""A CLIP in training: the towers that are served, with trainable weights, and the temperature of the loss."""

import tensorflow as tf

from vitrine.encoders.checkpoint import Arrays, Checkpoint
from vitrine.encoders.clip.config import ClipConfig
from vitrine.encoders.clip.towers import TextTower, VisionTower
from vitrine.encoders.images.preprocessing import Preprocessing, normalise
from vitrine.encoders.transformer_layers import Parameter, Weights, module_tensors


class ClipModel(tf.Module):
    """Both towers and the temperature, with the weights of a checkpoint."""

    def __init__(self, checkpoint: Checkpoint, config: ClipConfig, sizes: Preprocessing):
        super().__init__()
        self._end, self._sizes = config.text_config.eos_token_id, sizes
        self._text = TextTower(config, checkpoint, "float32", trainable=True)
        self._vision = VisionTower(config, checkpoint, "float32", trainable=True)
        self._scale = Parameter(Weights(checkpoint, trainable=True), "logit_scale", ())

    @property
    def scale(self) -> tf.Variable:
        """The logarithm of the inverse temperature, a float32 scalar."""
        return self._scale.value

    def tables(self) -> list[tf.Variable]:
        """Return the variables that are looked up or added, such as word vectors and positions, and the patches'."""
        return [*self._text.levels()[-1], *self._vision.levels()[-1]]

    def tensors(self) -> Arrays:
        """Return the current weights, by the checkpoint's names."""
        return module_tensors(self)

    def embed_texts(self, ids: tf.Tensor) -> tf.Tensor:
        """Embed token ids int32 [B, T], each row up to its first end token, to float32 [B, D], rows of unit length."""
        lengths = tf.argmax(tf.cast(ids == self._end, tf.int32), axis=1) + 1
        return self._text(tf.RaggedTensor.from_tensor(ids, lengths=lengths))

    def embed_images(self, pixels: tf.Tensor) -> tf.Tensor:
        """Embed pixels [B, S, S, 3] of 0 to 255 to float32 [B, D], rows of unit length."""
        return self._vision(normalise(pixels, self._sizes))

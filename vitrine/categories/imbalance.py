"""Treatments of classes of unequal size, f being the share of a class among the examples.

* `balanced`, `sqrt`: weights 1/f and 1/√f in the loss.
* `effective`: weights (1 − β)/(1 − βⁿ) for a class of n examples, the effective number of samples (Cui et al. 2019,
  arXiv:1901.05555).
* `focal`: the loss of an example times (1 − p)^γ (Lin et al. 2017, arXiv:1708.02002).
* `sampling`: examples are drawn so that all classes are equally frequent.
* `logit_adjusted`: log f is added to the logits in training, and left out afterwards (Menon et al. 2021,
  arXiv:2007.07314), so that rare classes need a larger margin.
"""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.categories.settings import CategorySettings

Floats = npt.NDArray[np.float32]


def class_weights(settings: CategorySettings, sizes: Floats) -> Floats:
    """Return the weight of each class in the loss, float32 [C], for `sizes` float32 [C]; 1 on average over examples."""
    share = np.maximum(sizes, 1e-9)
    weights = {
        "balanced": 1 / share,
        "sqrt": 1 / np.sqrt(share),
        "effective": (1 - settings.effective_beta) / (1 - settings.effective_beta ** np.maximum(share, 1)),
    }.get(settings.imbalance, np.ones_like(share))
    weights[sizes == 0] = 0
    return np.asarray(weights * sizes.sum() / (weights * sizes).sum(), np.float32)


def logit_offsets(settings: CategorySettings, sizes: Floats) -> Floats:
    """Return what is added to the logits in training, float32 [C]."""
    if settings.imbalance != "logit_adjusted":
        return np.zeros(len(sizes), np.float32)
    return np.asarray(np.log(np.maximum(sizes, 1e-3) / sizes.sum()), np.float32)


def losses(settings: CategorySettings, logits: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
    """Return the loss of each example, float32 [B], of `logits` float32 [B, C] and classes int64 [B]."""
    log_probabilities = tf.nn.log_softmax(logits)
    target = tf.one_hot(label, logits.shape[1])
    smoothed = target * (1 - settings.label_smoothing) + settings.label_smoothing / logits.shape[1]
    loss = -tf.reduce_sum(smoothed * log_probabilities, axis=1)
    if settings.imbalance != "focal":
        return loss
    probability = tf.exp(tf.reduce_sum(target * log_probabilities, axis=1))
    return loss * tf.maximum(1 - probability, 1e-6) ** settings.focal_gamma

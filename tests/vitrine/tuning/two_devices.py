"""Steps of training on two devices that are the halves of one processor, compared with the same steps on one.

    python -m tests.vitrine.tuning.two_devices texts|contrastive|judgements CHECKPOINT [FOLDER]

TensorFlow must not have been used before the devices are made, so this is a process of its own. FOLDER is for images.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tests.vitrine.tuning.image_text import shop as striped
from tests.vitrine.tuning.shop import FIELDS, tables
from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.image_text_families import image_text_encoder
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.training_settings import ContrastiveTuningSettings, JudgementTuningSettings
from vitrine.tuning.batches import batch
from vitrine.tuning.image_text import batches as image_batches
from vitrine.tuning.image_text.judgement_tuner import ImageBatch, JudgementTuner
from vitrine.tuning.image_text.products import read_products
from vitrine.tuning.image_text.tuner import ContrastiveTuner
from vitrine.tuning.judged_texts import judged_texts
from vitrine.tuning.optimisation import Optimised
from vitrine.tuning.state import Progress, State
from vitrine.tuning.tuner import Tuner

Make = Callable[..., Optimised]
WAYS: tuple[dict[str, Any], ...] = ({"chunk": None}, {"chunk": 3, "dropout": 0.3})
"""Settings: the whole batch, and chunks of it with the same units dropped."""


def texts(source: Checkpoint) -> tuple[Make, object]:
    judged = judged_texts(*tables(144), FIELDS)
    queries = judged.with_gain(np.arange(len(judged.queries)))[:11]
    documents = judged.document[np.isin(judged.query, queries)]

    def make(**changes: Any) -> Optimised:
        encoder = SentenceEncoder(source, trainable=True)
        return Tuner(encoder, JudgementTuningSettings(train_words=True, **changes), 10)

    return make, batch(judged, queries, documents)


def contrastive(source: Checkpoint, folder: Path) -> tuple[Make, object]:
    sizes = image_text_encoder(source).sizes
    products = read_products(striped.write_catalogue(folder), striped.FIELDS, folder, sizes, folder)
    rows = products.complete()[:11]

    def make(**changes: Any) -> Optimised:
        encoder = image_text_encoder(source, trainable=True)
        settings = ContrastiveTuningSettings(train_words=True, augment=False, **changes)
        return ContrastiveTuner(encoder, products.pixels, settings, 10)

    return make, image_batches.batch(products, rows, 0.3, np.random.default_rng(0))


def judgements(source: Checkpoint, folder: Path) -> tuple[Make, object]:
    """A batch with one image, which is fewer than there are devices."""
    sizes = image_text_encoder(source).sizes
    products = read_products(striped.write_catalogue(folder), striped.FIELDS, folder, sizes, folder)
    documents = [" ".join(own) for own in products.texts[:5]]

    def make(**changes: Any) -> Optimised:
        encoder = image_text_encoder(source, trainable=True)
        settings = JudgementTuningSettings(train_words=True, **changes)
        return JudgementTuner(encoder, products.pixels, settings, 10, 1.0)

    target = np.full((5, 5), 0.2, np.float32)
    return make, ImageBatch(["red mug"] * 5, documents, np.array([3]), target, target[:, :1])


def moments(tuner: Optimised) -> list[np.ndarray]:
    return [moment.numpy() for moment in tuner._optimizer._first]


def main() -> None:
    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    kind, checkpoint, *folder = sys.argv[1:]
    source = read_checkpoint(Path(checkpoint))
    make, drawn = {"texts": texts, "contrastive": contrastive, "judgements": judgements}[kind](
        source, *map(Path, folder)
    )
    for way in WAYS:
        single = make(**way)
        with strategy.scope():
            mirrored = make(**way)
        for number in range(2):
            losses = single.step(drawn), mirrored.step(drawn)
            np.testing.assert_allclose(*losses, rtol=1e-4, err_msg=f"{way}, step {number}")
            for expected, found in zip(moments(single), moments(mirrored), strict=True):
                tolerance = 1e-6 + 2e-3 * np.abs(expected).max()
                np.testing.assert_allclose(found, expected, atol=tolerance, err_msg=f"{way}, step {number}")
    for copies in map(strategy.experimental_local_results, mirrored.variables_):
        np.testing.assert_array_equal(copies[0].numpy(), copies[1].numpy())
    with tempfile.TemporaryDirectory() as states:  # a state of two devices continues on one
        State(states, mirrored).save(Progress(epoch=1))
        again = make(**way)
        assert State(states, again).load() is not None
        for expected, found in zip(mirrored.weights(), again.weights(), strict=True):
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_allclose(again.step(drawn), mirrored.step(drawn), rtol=1e-4)


if __name__ == "__main__":
    main()

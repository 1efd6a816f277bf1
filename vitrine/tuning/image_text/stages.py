"""The two stages of a tuning of texts and images: what is held out, and what is learned from the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.training_settings import ContrastiveTuningSettings, JudgementTuningSettings
from vitrine.tuning.fit import SAMPLE, judged_batches
from vitrine.tuning.fit import split as split_queries
from vitrine.tuning.image_text.batches import epoch_batches
from vitrine.tuning.image_text.judged_images import HeldOutImages, document_images
from vitrine.tuning.image_text.judgement_tuner import JudgementTuner, with_images
from vitrine.tuning.image_text.products import Products
from vitrine.tuning.image_text.splits import Split
from vitrine.tuning.image_text.tuner import ContrastiveTuner, start_scale
from vitrine.tuning.image_text.validation import MRR, HeldOutProducts
from vitrine.tuning.judged_texts import JudgedTexts, Rows
from vitrine.tuning.learning import Course, EpochReport, learn
from vitrine.tuning.state import State
from vitrine.tuning.validation import NDCG, Values, sampled_documents

ORDER: Final = 0
"""Purpose of a random generator."""


@dataclass
class Learned:
    """The epoch and the share that a stage chose, and the loss's own variables at its end."""

    epoch: int
    share: float
    numbers: Mapping[str, float]


class Stage(Protocol):
    """A stage of a tuning."""

    metric: str
    epochs: int

    @property
    def searched(self) -> int:
        """The number of products that are searched where the stage decides."""
        ...

    def measure(self) -> Values:
        """Measure the encoder on what decides."""
        ...

    def learn(self, folder: str, numbers: Mapping[str, float], on_epoch: EpochReport) -> Learned:
        """Train, with the state in `folder`; `numbers` are the variables of the loss of the stage before."""
        ...


class ContrastiveStage:
    """Texts of products with their images."""

    metric = MRR

    def __init__(
        self, encoder: ImageTextEncoder, products: Products, parts: Split, settings: ContrastiveTuningSettings
    ) -> None:
        self._encoder, self._products, self._fitting, self._settings = encoder, products, parts.fitting, settings
        most = settings.validation_products // 2
        held_out = (parts.choosing[:most], parts.deciding[:most])
        self._validation, self._test = (HeldOutProducts(products, rows) for rows in held_out)
        self.epochs, self.searched = settings.epochs, len(held_out[1])

    def measure(self) -> Values:
        """Measure the encoder on the products that decide."""
        return self._test.measure(self._encoder)

    def learn(self, folder: str, _numbers: Mapping[str, float], on_epoch: EpochReport) -> Learned:
        """Train, with the state in `folder`."""
        settings, products, fitting = self._settings, self._products, self._fitting
        steps = len(fitting) // min(settings.batch_size, len(fitting)) * settings.epochs
        tuner = ContrastiveTuner(self._encoder, products.pixels, settings, steps)
        course = Course(
            tuner,
            settings,
            lambda epoch: epoch_batches(
                products, fitting, settings, np.random.default_rng([settings.seed, ORDER, epoch])
            ),
            lambda: float(self._validation.measure(self._encoder)[MRR].mean()),
            MRR,
        )
        return Learned(*learn(course, State(folder, tuner), on_epoch), tuner.numbers())


class JudgementStage:
    """Queries with the texts and the images of judged products."""

    metric = NDCG

    def __init__(
        self,
        encoder: ImageTextEncoder,
        products: Products,
        judged: JudgedTexts,
        settings: JudgementTuningSettings,
        catalogue: pa.Table,
        fields: Sequence[str],
        hidden: Rows,
    ) -> None:
        """Hold out queries; images of the products in `hidden` are not trained on.

        Raises:
            DataError: too few queries are judged.
        """
        self._encoder, self._judged, self._settings, self._pixels = encoder, judged, settings, products.pixels
        self._fitting, *held_out = split_queries(judged, settings.validation_share)
        self._images = document_images(judged, catalogue, fields, products, hidden)
        everything = (
            document_images(judged, catalogue, fields, products, np.empty(0, np.int64)) if len(hidden) else self._images
        )
        rng = np.random.default_rng([settings.seed, SAMPLE])
        self._validation, self._test = (
            HeldOutImages(
                judged, queries, sampled_documents(judged, queries, settings.validation_products, rng), everything
            )
            for queries in held_out
        )
        self.epochs, self.searched = settings.epochs, len(self._test.documents)

    def measure(self) -> Values:
        """Measure the encoder on the queries that decide."""
        return self._test.measure(self._encoder)

    def learn(self, folder: str, numbers: Mapping[str, float], on_epoch: EpochReport) -> Learned:
        """Train, with the state in `folder`."""
        settings, fitting = self._settings, self._fitting
        steps = len(fitting) // min(settings.batch_size, len(fitting)) * settings.epochs
        scale = numbers.get("logit_scale", start_scale(self._encoder))
        tuner = JudgementTuner(self._encoder, self._pixels, settings, steps, scale)
        state = State(folder, tuner)
        batches = judged_batches(self._encoder, self._judged, fitting, settings, state)
        course = Course(
            tuner,
            settings,
            with_images(batches, self._images, settings.seed),
            lambda: float(self._validation.measure(self._encoder)[NDCG].mean()),
            NDCG,
        )
        return Learned(*learn(course, state, on_epoch), {**numbers, **tuner.numbers()})


def later(on_epoch: EpochReport, before: int) -> EpochReport:
    """Return a report that counts epochs after those of the stages before."""
    return lambda epoch, metrics: on_epoch(before + epoch, metrics)

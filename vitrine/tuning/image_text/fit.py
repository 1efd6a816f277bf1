"""Fine-tuning of an encoder of texts and images, from a pretrained checkpoint to one that is better."""

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from vitrine.data.images.image_root import Folder
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.image_text_families import image_text_encoder
from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.settings import Precision
from vitrine.encoders.training_settings import (
    CombinedTuningSettings,
    ContrastiveTuningSettings,
    JudgementTuningSettings,
    TuningSettings,
)
from vitrine.metrics.bootstrap import compare
from vitrine.tuning.image_text.products import Products, read_products
from vitrine.tuning.image_text.splits import split
from vitrine.tuning.image_text.stages import ContrastiveStage, JudgementStage, Learned, Stage, later
from vitrine.tuning.judged_texts import JudgedTexts
from vitrine.tuning.learning import EpochReport
from vitrine.tuning.outcome import Tuned
from vitrine.tuning.replicas import training_strategy
from vitrine.tuning.state import remove_states
from vitrine.tuning.validation import Values


def tune(
    source: Checkpoint,
    settings: TuningSettings,
    catalogue: pa.Table,
    fields: Sequence[str],
    image_root: Folder,
    judged: JudgedTexts | None,
    precision: Precision,
    states: str,
    on_epoch: EpochReport,
) -> Tuned:
    """Tune an encoder on the texts and the images of products, on judged pairs, or on these after those.

    For the first, about `validation_share` of the products are held out, with all that share a text or an image with
    them; for the second, queries are. Half of either choose the epoch and the share of the tuned weights in their mean
    with those before; the other half decides at the end whether the tuned encoder is better than the original.

    Args:
        source: the pretrained checkpoint.
        settings: the schedule.
        catalogue: string columns `product_id`, `title`, `description`, `image`, `views` and `fields`, "" or null for
            none.
        fields: the columns of the text that products are encoded by.
        image_root: the root of relative image paths.
        judged: the pairs of the train split, made of `fields`; None for the mode `contrastive`.
        precision: of the products; weights are float32 in either.
        states: a folder or a bucket's URI, in which a killed fine-tuning of the same inputs left its state.
        on_epoch: called after each epoch; those of the second stage are counted after those of the first.

    Raises:
        DataError: the checkpoint cannot be trained, or too few products have a text and an image, or too few queries
            are judged.
    """
    with tempfile.TemporaryDirectory() as scratch, training_strategy().scope():
        encoder = image_text_encoder(source, precision, trainable=True)
        products = read_products(catalogue, fields, image_root, encoder.sizes, Path(scratch))
        stages = _stages(encoder, settings, products, catalogue, fields, judged)
        baselines = [stage.measure() for stage in stages]
        folder = f"{states}/{_key(encoder, settings, products, judged, precision)}"
        learned: list[Learned] = []
        numbers: Mapping[str, float] = {}
        for stage in stages:
            before = sum(each.epochs for each in stages[: len(learned)])
            learned.append(stage.learn(f"{folder}/{stage.metric}", numbers, later(on_epoch, before)))
            numbers = learned[-1].numbers
        checkpoint = encoder.trained_checkpoint(numbers)
        outcome: Tuned | None = None
        for stage, baseline, each in zip(stages, baselines, learned, strict=True):
            outcome = _outcome(checkpoint, stage, baseline, each, outcome, encoder.fingerprint)
    assert outcome is not None
    remove_states(folder)
    return outcome.or_original(source)


def _stages(
    encoder: ImageTextEncoder,
    settings: TuningSettings,
    products: Products,
    catalogue: pa.Table,
    fields: Sequence[str],
    judged: JudgedTexts | None,
) -> list[Stage]:
    """Return the stages of a mode; the second one does not train on images of products that the first holds out."""
    contrastive, judgements = _sections(settings)
    stages: list[Stage] = []
    hidden = np.empty(0, np.int64)
    if contrastive:
        parts = split(products, contrastive.validation_share)
        hidden = np.concatenate([parts.choosing, parts.deciding])
        stages.append(ContrastiveStage(encoder, products, parts, contrastive))
    if judgements:
        assert judged is not None
        stages.append(JudgementStage(encoder, products, judged, judgements, catalogue, fields, hidden))
    return stages


def _sections(
    settings: TuningSettings,
) -> tuple[ContrastiveTuningSettings | None, JudgementTuningSettings | None]:
    if isinstance(settings, CombinedTuningSettings):
        return settings.contrastive, settings.judgements
    if isinstance(settings, ContrastiveTuningSettings):
        return settings, None
    return None, settings


def _outcome(
    checkpoint: Checkpoint, stage: Stage, baseline: Values, learned: Learned, further: Tuned | None, original: str
) -> Tuned:
    tuned = stage.measure()
    difference = compare(tuned[stage.metric], baseline[stage.metric])
    return Tuned(
        checkpoint,
        stage.searched,
        baseline,
        tuned,
        difference,
        learned.share,
        learned.epoch,
        stage.metric,
        further,
        original,
    )


def _key(
    encoder: ImageTextEncoder,
    settings: TuningSettings,
    products: Products,
    judged: JudgedTexts | None,
    precision: Precision,
) -> str:
    """Return a digest of all that a fine-tuning depends on."""
    key = hashlib.sha256(f"{encoder.fingerprint} {settings.model_dump_json()} {precision}".encode())
    for product_id, texts, images in zip(products.ids, products.texts, products.images, strict=True):
        key.update(repr((product_id, texts, images.tolist())).encode("utf-8", "surrogatepass"))
    key.update(np.ascontiguousarray(products.position).data)
    for pixels in products.pixels:
        key.update(hashlib.sha256(pixels).digest())
    if judged:
        judged.update(key)
    return key.hexdigest()[:16]

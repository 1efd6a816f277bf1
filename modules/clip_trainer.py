"""`run_fn` of the Trainer "ClipTrainer": trains a small CLIP, tunes a pretrained encoder, or passes it through."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine import progress
from vitrine.data import columns
from vitrine.data.formats.tf_examples import read_columns
from vitrine.data.images.image_root import Folder, image_folder
from vitrine.encoders.licence import copy_description
from vitrine.encoders.loading import PRESET, open_encoder, source_checkpoint, source_directory
from vitrine.encoders.settings import EncoderSettings
from vitrine.encoders.training_settings import ClipTrainingSettings, JudgementTuningSettings, TuningSettings
from vitrine.tracking.settings import TrackingSettings
from vitrine.tracking.training import recorded_training

if TYPE_CHECKING:
    from vitrine.tuning.learning import EpochReport
    from vitrine.tuning.outcome import Tuned

PRODUCTS_SPLIT = "products"


def run_fn(fn_args: FnArgs) -> None:
    """Write the encoder's checkpoint to `fn_args.serving_model_dir`.

    `custom_config` holds `encoder`, the fields of EncoderSettings, and `image_root`, the start of relative image
    paths. Tuning reads `text_fields`, those of the products' texts, `states`, the folder of the states of killed
    tunings, `tracking`, the fields of TrackingSettings, and, if it learns from judgements, `judgements`, the pattern of
    the train judgements, which `components.trainer` adds. It writes `tuning.json` into `model_run_dir`, and is recorded
    in MLflow; a better encoder becomes a version of the registered model `EXPERIMENT-encoder`.
    """
    config = fn_args.custom_config
    settings = EncoderSettings.model_validate(config["encoder"])
    directory = Path(fn_args.serving_model_dir)
    if settings.source == "scratch":
        train(_catalogue(fn_args), image_folder(config["image_root"]), settings, directory)
    elif isinstance(settings.training, TuningSettings):
        tune_encoder(config, settings, settings.training, _catalogue(fn_args), directory, Path(fn_args.model_run_dir))
    else:
        encoder = open_encoder(settings)
        encoder.save(directory)
        progress.note(f"{encoder.kind} encoder from {settings.source}, {encoder.dimension} dimensions, passed through")
    if settings.source != "scratch" and not settings.source.startswith(PRESET):
        copy_description(source_directory(settings.source), directory)


def _catalogue(fn_args: FnArgs) -> pa.Table:
    return pa.concat_tables(read_columns(pattern, columns.CATALOGUE[:-1]) for pattern in fn_args.train_files)


def train(products: pa.Table, image_root: Folder, settings: EncoderSettings, directory: Path) -> None:
    """Train CLIP from scratch, and report each epoch."""
    from vitrine.encoders.clip.training import train_clip

    assert isinstance(settings.training, ClipTrainingSettings)
    epochs = settings.training.epochs
    history: list[dict[str, float]] = []

    def on_epoch(metrics: dict[str, float]) -> None:
        history.append(metrics)
        progress.report("training CLIP", len(history), epochs)

    train_clip(products, image_root, settings, directory, on_epoch)
    summary = ", ".join(f"{name} {value:.3f}" for name, value in history[-1].items() if name != "epoch")
    progress.note(f"CLIP trained from scratch on {products.num_rows} products: {summary}")


def tune_encoder(
    config: Mapping[str, Any],
    settings: EncoderSettings,
    training: TuningSettings,
    products: pa.Table,
    directory: Path,
    run_directory: Path,
) -> None:
    """Tune a pretrained encoder, and write it, or the original if it is not better."""
    from vitrine.tuning.outcome import write_outcome

    def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
        recorder.epoch(epoch, metrics)
        figures = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        progress.note(f"epoch {epoch} of {training.epochs}: {figures}" if epoch else f"before tuning: {figures}")

    tracking = TrackingSettings.model_validate(config["tracking"])
    with recorded_training(tracking, "encoder", {"encoder.source": settings.source}, run_directory) as recorder:
        recorder.parameters({"source": settings.source, **_flat(training.model_dump(mode="json"))})
        tuned = _tuned(config, settings, training, products, on_epoch)
        tuned.checkpoint.save_native(directory)
        outcome = write_outcome(run_directory, tuned)
        progress.note(outcome)
        for each in filter(None, (tuned, tuned.further)):
            for name, values in (("original", each.baseline), ("tuned", each.tuned)):
                recorder.metrics({f"{name}_{metric}": float(every.mean()) for metric, every in values.items()})
        recorder.files(directory, "model")
        if tuned.is_better:
            recorder.register("model", f"{tracking.experiment}-encoder", outcome)


def _tuned(
    config: Mapping[str, Any],
    settings: EncoderSettings,
    training: TuningSettings,
    products: pa.Table,
    on_epoch: "EpochReport",
) -> "Tuned":
    """Tune an encoder of texts, or of texts and images."""
    from vitrine.tuning import fit, image_text
    from vitrine.tuning.judged_texts import judged_texts

    source, fields, states = source_checkpoint(settings), config["text_fields"], config["states"]
    judged = None
    if "judgements" in config:
        judged = judged_texts(read_columns(config["judgements"], columns.WEIGHTED), products, fields)
    if settings.kind == "sentence":
        assert isinstance(training, JudgementTuningSettings)
        assert judged is not None
        return fit.tune(source, training, judged, settings.precision, states, on_epoch)
    images = image_folder(config["image_root"])
    return image_text.tune(source, training, products, fields, images, judged, settings.precision, states, on_epoch)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with those of sections under names such as `contrastive.epochs`."""
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        inner = {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
        flat |= inner
    return flat

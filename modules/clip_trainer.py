"""`run_fn` of the Trainer "ClipTrainer": trains a small CLIP, tunes a pretrained encoder, or passes it through."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine import progress
from vitrine.data import columns
from vitrine.data.formats.tf_examples import read_columns
from vitrine.data.images.image_root import Folder, image_folder
from vitrine.encoders.loading import open_encoder, source_checkpoint
from vitrine.encoders.settings import EncoderSettings
from vitrine.encoders.training_settings import ClipTrainingSettings, JudgementTuningSettings
from vitrine.tracking.settings import TrackingSettings
from vitrine.tracking.training import recorded_training

PRODUCTS_SPLIT = "products"


def run_fn(fn_args: FnArgs) -> None:
    """Write the encoder's checkpoint to `fn_args.serving_model_dir`.

    `custom_config` holds `encoder`, the fields of EncoderSettings, and `image_root`, the start of relative image
    paths. Tuning reads `text_fields`, those of the products' texts, `states`, the folder of the states of killed
    tunings, `tracking`, the fields of TrackingSettings, and `judgements`, the pattern of the train judgements, which
    `components.trainer` adds. It writes `tuning.json` into `model_run_dir`, and is recorded in MLflow; a better encoder
    becomes a version of the registered model `EXPERIMENT-encoder`.
    """
    config = fn_args.custom_config
    settings = EncoderSettings.model_validate(config["encoder"])
    directory = Path(fn_args.serving_model_dir)
    if settings.source == "scratch":
        train(_catalogue(fn_args), image_folder(config["image_root"]), settings, directory)
    elif isinstance(settings.training, JudgementTuningSettings):
        tune_encoder(config, settings, settings.training, _catalogue(fn_args), directory, Path(fn_args.model_run_dir))
    else:
        encoder = open_encoder(settings)
        encoder.save(directory)
        progress.note(f"{encoder.kind} encoder from {settings.source}, {encoder.dimension} dimensions, passed through")


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
    training: JudgementTuningSettings,
    products: pa.Table,
    directory: Path,
    run_directory: Path,
) -> None:
    """Tune a pretrained encoder on judgements, and write it, or the original if it is not better."""
    from vitrine.tuning.fit import tune
    from vitrine.tuning.judged_texts import judged_texts
    from vitrine.tuning.outcome import write_outcome

    judgements = read_columns(config["judgements"], columns.JUDGEMENTS)
    judged = judged_texts(judgements, products, config["text_fields"])

    def on_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
        recorder.epoch(epoch, metrics)
        figures = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        progress.note(f"epoch {epoch} of {training.epochs}: {figures}" if epoch else f"before tuning: {figures}")

    tracking = TrackingSettings.model_validate(config["tracking"])
    with recorded_training(tracking, "encoder", {"encoder.source": settings.source}, run_directory) as recorder:
        recorder.parameters({"source": settings.source, **training.model_dump(mode="json")})
        tuned = tune(source_checkpoint(settings), training, judged, settings.precision, config["states"], on_epoch)
        tuned.checkpoint.save(directory)
        outcome = write_outcome(run_directory, tuned)
        progress.note(outcome)
        for name, values in (("original", tuned.baseline), ("tuned", tuned.tuned)):
            recorder.metrics({f"{name}_{metric}": float(each.mean()) for metric, each in values.items()})
        recorder.files(directory, "model")
        if tuned.is_better:
            recorder.register("model", f"{tracking.experiment}-encoder", outcome)

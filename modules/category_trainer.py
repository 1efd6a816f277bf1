"""`run_fn` of the Trainer "CategoryTrainer": trains the category head, or writes why there is none."""

import json
from pathlib import Path
from typing import cast

import pyarrow as pa
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine import progress
from vitrine.categories.cross_fitting import cross_fit
from vitrine.categories.data import CategoryData
from vitrine.categories.figures import CONFUSED, CONFUSION, FILE, PER_CLASS, PREDICTIONS, CategoryFigures, summary
from vitrine.categories.head import CategoryHead, save_absent
from vitrine.categories.measurement import measure
from vitrine.categories.predictions import write_predictions
from vitrine.categories.settings import CategorySettings
from vitrine.categories.zero_shot import nearest_names
from vitrine.data import columns
from vitrine.data.formats.tf_examples import read_columns
from vitrine.data.images.image_root import image_folder
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import Precision
from vitrine.plots.categories import write_confused_products, write_confusion
from vitrine.tracking.recorder import Recorder
from vitrine.tracking.settings import TrackingSettings
from vitrine.tracking.training import recorded_training


def run_fn(fn_args: FnArgs) -> None:
    """Write the head to `fn_args.serving_model_dir`, and its figures to `fn_args.model_run_dir`.

    `custom_config` holds `categories`, the fields of CategorySettings, `text_fields`, those of the products' texts,
    `image_root`, the start of relative image paths, `precision`, the encoder's, `tracking`, the fields of
    TrackingSettings, and `embeddings`, the folders of the embeddings of queries and products, which
    `components.trainer` adds. The encoder is `fn_args.base_model`, and the examples are the train judgements. The files
    of the figures are `vitrine.categories.figures`.
    """
    config = fn_args.custom_config
    settings = CategorySettings.model_validate(config["categories"])
    directory, run_directory = Path(fn_args.serving_model_dir), Path(fn_args.model_run_dir)
    encoder = load_encoder(Path(fn_args.base_model), cast("Precision", config["precision"]))
    data = _read(fn_args, settings, encoder) if settings.train == "auto" else "categories.train is 'never'"
    if isinstance(data, str):
        save_absent(directory, data)
        _write_figures(run_directory, {"not_trained": data})
        progress.note(f"no category head: {data}")
        return
    tracking = TrackingSettings.model_validate(config["tracking"])
    with recorded_training(tracking, "categories", {}, run_directory) as recorder:
        recorder.parameters(settings.model_dump(mode="json"))
        head, figures = _train(data, settings, encoder, run_directory, recorder)
        head.save(directory)
        images = image_folder(config["image_root"])
        write_confused_products(run_directory / CONFUSED, figures["confusions"], data.products.table, images)
        recorder.files(directory, "model")


def _train(
    data: CategoryData, settings: CategorySettings, encoder: Encoder, run_directory: Path, recorder: Recorder
) -> tuple[CategoryHead, CategoryFigures]:
    """Train and measure the head, and write the figures, the scores of each class and the predictions."""
    names = data.classes.names
    fitted = cross_fit(settings, names, data.source, data.examples, data.classes.label, data.group)
    zero_shot = nearest_names(encoder, names, data.source, data.examples, fitted.ranked.shape[1])
    measured = measure(data, fitted, zero_shot)
    _write_figures(run_directory, measured.figures)
    measured.per_class.to_csv(run_directory / PER_CLASS, index=False, float_format="%.4f")
    write_confusion(run_directory / CONFUSION, measured.confusion)
    write_predictions(run_directory / PREDICTIONS, data, fitted)
    for name, figures in measured.figures["inputs"].items():
        recorder.metrics({f"{name}_{metric}": cast("float", value) for metric, value in figures["head"].items()})
    progress.note(summary(measured.figures))
    return fitted.head, measured.figures


def _write_figures(directory: Path, figures: CategoryFigures) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / FILE).write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(fn_args: FnArgs, settings: CategorySettings, encoder: Encoder) -> CategoryData | str:
    config = fn_args.custom_config
    embeddings = config["embeddings"]
    return CategoryData.read(
        Path(embeddings["product_embeddings"]),
        Path(embeddings["query_embeddings"]),
        pa.concat_tables(read_columns(pattern, columns.WEIGHTED) for pattern in fn_args.train_files),
        encoder,
        config["text_fields"],
        settings,
        image_folder(config["image_root"]),
    )

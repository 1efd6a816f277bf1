"""`run_fn` of the Trainer "CategoryTrainer": trains the category head, or writes why there is none."""

from pathlib import Path
from typing import cast

import pyarrow as pa
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine import progress
from vitrine.categories.cross_fitting import cross_fit
from vitrine.categories.data import CategoryData
from vitrine.categories.head import save_absent
from vitrine.categories.settings import CategorySettings
from vitrine.data import columns
from vitrine.data.formats.tf_examples import read_columns
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.settings import Precision
from vitrine.tracking.settings import TrackingSettings
from vitrine.tracking.training import recorded_training


def run_fn(fn_args: FnArgs) -> None:
    """Write the head to `fn_args.serving_model_dir`.

    `custom_config` holds `categories`, the fields of CategorySettings, `text_fields`, those of the products' texts,
    `precision`, the encoder's, `tracking`, the fields of TrackingSettings, and `embeddings`, the folders of the
    embeddings of queries and products, which `components.trainer` adds. The encoder is `fn_args.base_model`, and the
    examples are the train judgements.
    """
    config = fn_args.custom_config
    settings = CategorySettings.model_validate(config["categories"])
    directory, run_directory = Path(fn_args.serving_model_dir), Path(fn_args.model_run_dir)
    data = _read(fn_args, settings) if settings.train == "auto" else "categories.train is 'never'"
    if isinstance(data, str):
        save_absent(directory, data)
        progress.note(f"no category head: {data}")
        return
    tracking = TrackingSettings.model_validate(config["tracking"])
    with recorded_training(tracking, "categories", {}, run_directory) as recorder:
        recorder.parameters(settings.model_dump(mode="json"))
        fitted = cross_fit(settings, data.classes.names, data.source, data.examples, data.classes.label, data.group)
        fitted.head.save(directory)
        recorder.files(directory, "model")


def _read(fn_args: FnArgs, settings: CategorySettings) -> CategoryData | str:
    config = fn_args.custom_config
    embeddings = config["embeddings"]
    return CategoryData.read(
        Path(embeddings["product_embeddings"]),
        Path(embeddings["query_embeddings"]),
        pa.concat_tables(read_columns(pattern, columns.JUDGEMENTS) for pattern in fn_args.train_files),
        load_encoder(Path(fn_args.base_model), cast("Precision", config["precision"])),
        config["text_fields"],
        settings,
    )

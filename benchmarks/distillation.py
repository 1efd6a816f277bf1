"""Benchmark of a pair classifier that learns from a cross-encoder's probabilities beside the judgements.

    python -m benchmarks.cross_encoder --data data/crowdflower --keep models
    python -m benchmarks.distillation --config configs/crowdflower.yaml --teachers models [--seeds 5] [--extra 40]

The teachers are the cross-encoders that the first command fitted on two folds of the train queries each; each of them
labels the third fold only. Students are the pair classifier of a run of the pipeline, with its features and its
settings, trained on class shares: those of the judgement (one-hot), of the teacher, or the mean of both. Half of the
students also see unjudged pairs, labelled by the teacher: for each train query, products drawn from the 200 nearest
ones. The epoch, the temperature and the blend with similarity are chosen by the judgements of held-out train queries.
nDCG@10, macro-F1 and kappa are those of the eval split: means over the seeds, and their standard deviation.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from rich.console import Console
from rich.table import Table

from benchmarks.cross_encoder import FOLDS
from cli.terminal.output import output_to
from pipelines.metadata.records import latest_run
from pipelines.metadata.relocation import update_moved_uris
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings, load_run_settings
from vitrine.benchmark.reranking import fit_reranker, log_odds
from vitrine.benchmark.split import Split
from vitrine.classifier.calibration import fit_temperature
from vitrine.classifier.export import STRINGS, TEXT_FEATURES, Classifier
from vitrine.classifier.model import build_model, similarities
from vitrine.classifier.settings import ClassifierSettings
from vitrine.classifier.training import class_weights
from vitrine.cross_encoder.scoring import load_cross_encoder
from vitrine.data import columns
from vitrine.data.contract.files import read_judgements
from vitrine.data.contract.splits import fold, is_validation
from vitrine.embeddings.table import EmbeddingTable
from vitrine.labels import LABELS
from vitrine.metrics.classification import classification
from vitrine.metrics.ranking import per_query
from vitrine.search.build.judged_pairs import METRIC, JudgedPairs
from vitrine.search.products import Products

SHARES: Final = {"judgements": 0.0, "half and half": 0.5, "teacher": 1.0}
"""Share of the teacher in the targets."""
NEAREST: Final = 200
BATCH: Final = 4096

Arrays = dict[str, np.ndarray]


class Bench:
    """The products and the Transform graph of a run, and the judgements of its data."""

    def __init__(self, config: RunSettings, directory: RunDirectory) -> None:
        update_moved_uris(directory.metadata, directory.artifacts)
        nodes = latest_run(directory.metadata)
        embeddings, transform = nodes["EmbeddingGen"], nodes["Transform"]
        self.config: ClassifierSettings = config.trainer
        self.products = Products.read(Path(embeddings.output("product_embeddings").uri))  # type: ignore[union-attr]
        queries = EmbeddingTable.open(Path(embeddings.output("query_embeddings").uri))  # type: ignore[union-attr]
        self.train, self.held_out = (
            Split.of(read_judgements(Path(config.data.dir), split), queries, self.products)
            for split in ("train", "eval")
        )
        self._graph = tft.TFTransformOutput(transform.output("transform_graph").uri)  # type: ignore[union-attr]
        self._layer = self._graph.transform_features_layer()

    def features(self, pairs: JudgedPairs) -> Arrays:
        """Return the classifier's inputs of P pairs, each [P, …]."""
        classifier = Classifier(keras.Sequential(), self._layer, self._graph.raw_feature_spec(), 1.0)
        strings = {name: np.asarray(self.products.strings(name), object) for name in columns.PRODUCT_TEXT}
        parts: list[Mapping[str, tf.Tensor]] = []
        for start in range(0, len(pairs.row), BATCH):
            rows = pairs.row[start : start + BATCH]
            raw = {name: tf.constant(values[rows], tf.string) for name, values in strings.items()}
            raw[columns.QUERY] = tf.constant(pairs.query[start : start + BATCH], tf.string)
            parts.append(classifier.transform_raw({name: raw[name] for name in STRINGS}))
        text_features = {name: np.concatenate([part[name].numpy() for part in parts]) for name in TEXT_FEATURES}
        return text_features | {
            columns.QUERY_VECTOR: pairs.vectors[pairs.vector],
            columns.TEXT_VECTOR: self.products.text_vectors[pairs.row],
            columns.IMAGE_VECTOR: self.products.image_vectors[pairs.row],
            columns.HAS_IMAGE: self.products.has_image[pairs.row].astype(np.float32),
        }

    def unjudged(self, pairs: JudgedPairs, count: int, seed: int = 0) -> JudgedPairs:
        """Return `count` pairs for each query of `pairs`, with products near to it that are not judged for it."""
        rng = np.random.default_rng(seed)
        judged = set(zip(pairs.query_id.tolist(), pairs.row.tolist(), strict=True))
        first, drawn = np.unique(pairs.query_id.astype(str), return_index=True)[1], []
        for pair in first:
            neighbours = np.argsort(-(self.products.text_vectors @ pairs.vectors[pairs.vector[pair]]))[:NEAREST]
            unjudged = [row for row in neighbours.tolist() if (pairs.query_id[pair], row) not in judged]
            drawn += [(pair, row) for row in rng.choice(unjudged, min(count, len(unjudged)), replace=False)]
        sources, rows = np.array(drawn, np.int64).T
        query_columns = {name: getattr(pairs, name)[sources] for name in ("query_id", "query", "vector", "gain")}
        return replace(pairs, row=rows, **query_columns)


def teach(teachers: Path, pairs: JudgedPairs, texts: np.ndarray) -> np.ndarray:
    """Return each pair's probabilities, float32 [P, 4], by the cross-encoder that was not trained on its query."""
    probabilities = np.zeros((len(pairs.row), len(LABELS)), np.float32)
    folds = np.array([fold(query, FOLDS) for query in pairs.query])
    for index in range(FOLDS):
        model, in_fold = load_cross_encoder(teachers / f"fold-{index}"), folds == index
        probabilities[in_fold] = model.probabilities(pairs.query[in_fold].tolist(), texts[pairs.row[in_fold]].tolist())
    return probabilities


def learn(
    config: ClassifierSettings,
    inputs: Arrays,
    targets: np.ndarray,
    weights: np.ndarray,
    validation: tuple[Arrays, np.ndarray],
) -> keras.Model:
    """Fit a model like `vitrine.classifier.training.fit`, to class shares, float32 [P, 4], and arrays in memory."""
    keras.utils.set_random_seed(config.seed)
    shapes = [inputs[name].shape[1] for name in (columns.TEXT_VECTOR, *TEXT_FEATURES[:2])]
    model = build_model(config, *shapes)
    model.get_layer("similarities").adapt(similarities(inputs))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.AdamW(config.learning_rate, weight_decay=config.weight_decay)
    model.compile(optimizer, loss=loss, jit_compile=False)
    stop = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=config.patience, restore_best_weights=True)
    truth = np.eye(len(LABELS), dtype=np.float32)[validation[1]]
    model.fit(inputs, targets, sample_weight=targets @ weights, batch_size=config.batch_size, epochs=config.epochs,
              validation_data=(validation[0], truth, truth @ weights), verbose=0, callbacks=[stop])  # fmt: skip
    return model


def measure(bench: Bench, model: keras.Model, validation: Split, features: dict[str, Arrays]) -> dict[str, float]:
    """Evaluate a student on the eval split, alone and blended with the similarity of the text vectors."""
    logits = {name: model.predict(inputs, batch_size=BATCH, verbose=0) for name, inputs in features.items()}
    temperature = fit_temperature(logits["validation"], validation.label)
    chances = {name: tf.nn.softmax(values / temperature).numpy() for name, values in logits.items()}
    cosines = {
        name: np.einsum("pd,pd->p", inputs[columns.QUERY_VECTOR], inputs[columns.TEXT_VECTOR]).astype(np.float64)
        for name, inputs in features.items()
    }
    blended = fit_reranker(validation, cosines["validation"], chances["validation"])
    held_out, classes = bench.held_out, classification(bench.held_out.label, chances["eval"].argmax(axis=1))
    scores = {"pair": log_odds(chances["eval"]), "blended": blended(cosines["eval"], chances["eval"])}
    judgements = held_out.judgements()
    ranked = {name: float(per_query(judgements, held_out.run(score), [METRIC])[METRIC].mean())
              for name, score in scores.items()}  # fmt: skip
    return ranked | {"macro_f1": classes.macro_f1, "kappa": classes.kappa, "accuracy": classes.accuracy}


def compare(bench: Bench, teachers: Path, field: str, extra: int, seeds: int, console: Console) -> dict[str, Any]:
    """Train every kind of student with every seed; return the figures by the name of the kind."""
    texts = np.asarray(bench.products.strings(field), object)
    pairs, label = bench.train.pairs, bench.train.label
    is_held_out = np.array([is_validation(query, bench.config.validation_share) for query in pairs.query], np.bool_)
    fitting, validation = pairs.where(~is_held_out), _where(bench.train, is_held_out)
    unjudged = bench.unjudged(fitting, extra)
    taught, unjudged_taught = teach(teachers, fitting, texts), teach(teachers, unjudged, texts)
    console.print(f"the teachers have labelled {len(taught):,} judged and {len(unjudged_taught):,} unjudged pairs")
    inputs, unjudged_inputs = bench.features(fitting), bench.features(unjudged)
    features = {"validation": bench.features(validation.pairs), "eval": bench.features(bench.held_out.pairs)}
    truth = np.eye(len(LABELS), dtype=np.float32)[label[~is_held_out]]
    weights = class_weights(label[~is_held_out], bench.config.class_weights)
    figures: dict[str, Any] = {}
    for name, share in SHARES.items():
        targets = (1 - share) * truth + share * taught
        kinds = {name: (inputs, targets)}
        if share:
            joined = {key: np.concatenate([inputs[key], unjudged_inputs[key]]) for key in inputs}
            kinds[f"{name}, and unjudged pairs"] = (joined, np.concatenate([targets, unjudged_taught]))
        for kind, (kind_inputs, kind_targets) in kinds.items():
            figures[kind] = []
            for seed in range(seeds):
                config = bench.config.model_copy(update={"seed": seed})
                model = learn(config, kind_inputs, kind_targets, weights, (features["validation"], validation.label))
                figures[kind].append(measure(bench, model, validation, features))
            console.print(f"{kind}: {figures[kind]}")
    return figures


def _where(split: Split, chosen: np.ndarray) -> Split:
    """Return the split's pairs of a mask; queries keep their numbers."""
    return replace(
        split,
        pairs=split.pairs.where(chosen),
        query=split.query[chosen],
        label=split.label[chosen],
        product_ids=split.product_ids[chosen],
    )


def show(figures: dict[str, list[dict[str, float]]]) -> None:
    """Print the means and standard deviations of each kind of student."""
    names = list(next(iter(figures.values()))[0])
    table = Table("targets", *names)
    for kind, rows in figures.items():
        values = {name: [row[name] for row in rows] for name in names}
        table.add_row(
            kind, *(f"{np.mean(column):.3f} ± {np.std(column, ddof=len(column) > 1):.3f}" for column in values.values())
        )
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="configuration file of a finished run")
    parser.add_argument("--run", type=Path, help="the run's directory (default: runs/<name of the configuration>)")
    parser.add_argument("--teachers", type=Path, required=True, help="the folder of benchmarks.cross_encoder --keep")
    parser.add_argument("--text", default="title", help="the product's field that the teachers read (default: title)")
    parser.add_argument("--extra", type=int, default=40, help="unjudged products a query (default: 40)")
    parser.add_argument("--seeds", type=int, default=5, help="students of each kind (default: 5)")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    config = load_run_settings(arguments.config)
    bench = Bench(config, RunDirectory(arguments.run or Path("runs") / config.name))
    with tempfile.TemporaryDirectory() as temporary, output_to(Path(temporary, "log")) as console:
        figures = compare(bench, arguments.teachers, arguments.text, arguments.extra, arguments.seeds, console)
    show(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

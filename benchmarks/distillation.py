"""Whether the pair classifier learns more from a cross-encoder's opinion than from judgements alone.

    python -m benchmarks.cross_encoder --data data/crowdflower --keep models
    python -m benchmarks.distillation --config configs/crowdflower.yaml --teachers models [--seeds 5] [--extra 40]

The teachers are the cross-encoders that the first command fitted on two folds of the train queries each; each speaks of
the third fold only. Students are the pair classifier of a run of the pipeline, with its features and its settings,
trained on class shares: those of the judgement (one of the four), of the teacher, or the mean of both. Half of the
students also see pairs that nobody judged, which the teacher alone labels: for each train query, products drawn from
the 200 nearest ones. When to stop, the temperature and the blend with similarity are chosen on train queries held out,
by their judgements. nDCG@10, macro-F1 and kappa are those of the eval split: means over the seeds, and their deviation.
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
from pyarrow import parquet
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
from vitrine.labels import LABELS
from vitrine.metrics.classification import classification
from vitrine.metrics.ranking import per_query
from vitrine.search.build.judged_pairs import METRIC, JudgedPairs
from vitrine.search.products import Products

SHARES: Final = {"judgements": 0.0, "half and half": 0.5, "teacher": 1.0}
"""Of the teacher in the targets."""
NEAREST: Final = 200
BATCH: Final = 4096

Arrays = dict[str, np.ndarray]


class Bench:
    """A run's products and Transform graph, and the judgements of its data."""

    def __init__(self, config: RunSettings, directory: RunDirectory) -> None:
        update_moved_uris(directory.metadata, directory.artifacts)
        nodes = latest_run(directory.metadata)
        embeddings, transform = nodes["EmbeddingGen"], nodes["Transform"]
        self.config: ClassifierSettings = config.trainer
        self.products = Products.read(Path(embeddings.output("product_embeddings").uri))  # type: ignore[union-attr]
        queries = parquet.read_table(embeddings.output("query_embeddings").uri)  # type: ignore[union-attr]
        self.train, self.held_out = (
            Split.of(read_judgements(Path(config.data.dir), split), queries, self.products)
            for split in ("train", "eval")
        )
        self._graph = tft.TFTransformOutput(transform.output("transform_graph").uri)  # type: ignore[union-attr]
        self._layer = self._graph.transform_features_layer()

    def features(self, pairs: JudgedPairs) -> Arrays:
        """The classifier's inputs of P pairs, each [P, …]."""
        worded = Classifier(keras.Sequential(), self._layer, self._graph.raw_feature_spec(), 1.0)
        strings = {name: np.asarray(self.products.strings(name), object) for name in columns.PRODUCT_TEXT}
        parts: list[Mapping[str, tf.Tensor]] = []
        for start in range(0, len(pairs.row), BATCH):
            rows = pairs.row[start : start + BATCH]
            raw = {name: tf.constant(values[rows], tf.string) for name, values in strings.items()}
            raw[columns.QUERY] = tf.constant(pairs.query[start : start + BATCH], tf.string)
            parts.append(worded.transform_raw({name: raw[name] for name in STRINGS}))
        found = {name: np.concatenate([part[name].numpy() for part in parts]) for name in TEXT_FEATURES}
        return found | {
            columns.QUERY_VECTOR: pairs.vectors[pairs.vector],
            columns.TEXT_VECTOR: self.products.text_vectors[pairs.row],
            columns.IMAGE_VECTOR: self.products.image_vectors[pairs.row],
            columns.HAS_IMAGE: self.products.has_image[pairs.row].astype(np.float32),
        }

    def unjudged(self, pairs: JudgedPairs, count: int, seed: int = 0) -> JudgedPairs:
        """`count` pairs for each query of `pairs`, with products near to it that are not judged for it."""
        rng = np.random.default_rng(seed)
        judged = set(zip(pairs.query_id.tolist(), pairs.row.tolist(), strict=True))
        first, drawn = np.unique(pairs.query_id.astype(str), return_index=True)[1], []
        for pair in first:
            near = np.argsort(-(self.products.text_vectors @ pairs.vectors[pairs.vector[pair]]))[:NEAREST]
            free = [row for row in near.tolist() if (pairs.query_id[pair], row) not in judged]
            drawn += [(pair, row) for row in rng.choice(free, min(count, len(free)), replace=False)]
        taken, rows = np.array(drawn, np.int64).T
        same = {name: getattr(pairs, name)[taken] for name in ("query_id", "query", "vector", "gain")}
        return replace(pairs, row=rows, **same)


def teach(teachers: Path, pairs: JudgedPairs, texts: np.ndarray) -> np.ndarray:
    """Probabilities float32 [P, 4] of each pair by the cross-encoder that has not seen its query."""
    found = np.zeros((len(pairs.row), len(LABELS)), np.float32)
    folds = np.array([fold(query, FOLDS) for query in pairs.query])
    for index in range(FOLDS):
        model, held = load_cross_encoder(teachers / f"fold-{index}"), folds == index
        found[held] = model.probabilities(pairs.query[held].tolist(), texts[pairs.row[held]].tolist())
    return found


def learn(
    config: ClassifierSettings,
    inputs: Arrays,
    targets: np.ndarray,
    weights: np.ndarray,
    held: tuple[Arrays, np.ndarray],
) -> keras.Model:
    """As `vitrine.classifier.training.fit`, on shares of the classes, float32 [P, 4], and arrays in memory."""
    keras.utils.set_random_seed(config.seed)
    shapes = [inputs[name].shape[1] for name in (columns.TEXT_VECTOR, *TEXT_FEATURES[:2])]
    model = build_model(config, *shapes)
    model.get_layer("similarities").adapt(similarities(inputs))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.AdamW(config.learning_rate, weight_decay=config.weight_decay)
    model.compile(optimizer, loss=loss, jit_compile=False)
    stop = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=config.patience, restore_best_weights=True)
    truth = np.eye(len(LABELS), dtype=np.float32)[held[1]]
    model.fit(inputs, targets, sample_weight=targets @ weights, batch_size=config.batch_size, epochs=config.epochs,
              validation_data=(held[0], truth, truth @ weights), verbose=0, callbacks=[stop])  # fmt: skip
    return model


def measure(bench: Bench, model: keras.Model, validation: Split, features: dict[str, Arrays]) -> dict[str, float]:
    """The student on the eval split: alone, and blended with the similarity of the text vectors."""
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
    """Train every kind of student with every seed; the figures of each, by its name."""
    texts = np.asarray(bench.products.strings(field), object)
    pairs, label = bench.train.pairs, bench.train.label
    held = np.array([is_validation(query, bench.config.validation_share) for query in pairs.query], np.bool_)
    fitting, validation = pairs.where(~held), _where(bench.train, held)
    more = bench.unjudged(fitting, extra)
    opinion, more_opinion = teach(teachers, fitting, texts), teach(teachers, more, texts)
    console.print(f"the teachers have labelled {len(opinion):,} judged and {len(more_opinion):,} other pairs")
    inputs, more_inputs = bench.features(fitting), bench.features(more)
    features = {"validation": bench.features(validation.pairs), "eval": bench.features(bench.held_out.pairs)}
    truth = np.eye(len(LABELS), dtype=np.float32)[label[~held]]
    weights = class_weights(label[~held], bench.config.class_weights)
    found: dict[str, Any] = {}
    for name, share in SHARES.items():
        targets = (1 - share) * truth + share * opinion
        kinds = {name: (inputs, targets)}
        if share:
            joined = {key: np.concatenate([inputs[key], more_inputs[key]]) for key in inputs}
            kinds[f"{name}, and unjudged pairs"] = (joined, np.concatenate([targets, more_opinion]))
        for kind, (given, wanted) in kinds.items():
            found[kind] = []
            for seed in range(seeds):
                config = bench.config.model_copy(update={"seed": seed})
                model = learn(config, given, wanted, weights, (features["validation"], validation.label))
                found[kind].append(measure(bench, model, validation, features))
            console.print(f"{kind}: {found[kind]}")
    return found


def _where(split: Split, chosen: np.ndarray) -> Split:
    """The split's pairs of a mask; queries keep their numbers."""
    return replace(
        split,
        pairs=split.pairs.where(chosen),
        query=split.query[chosen],
        label=split.label[chosen],
        product_ids=split.product_ids[chosen],
    )


def show(found: dict[str, list[dict[str, float]]]) -> None:
    """Print each kind of student's means and deviations."""
    names = list(next(iter(found.values()))[0])
    table = Table("targets", *names)
    for kind, rows in found.items():
        values = {name: [row[name] for row in rows] for name in names}
        table.add_row(kind, *(f"{np.mean(one):.3f} ± {np.std(one, ddof=len(one) > 1):.3f}" for one in values.values()))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="configuration of a run that is there")
    parser.add_argument("--run", type=Path, help="its folder (default: runs/<config's name>)")
    parser.add_argument("--teachers", type=Path, required=True, help="what benchmarks.cross_encoder --keep left")
    parser.add_argument("--text", default="title", help="the product's field that the teachers read (default: title)")
    parser.add_argument("--extra", type=int, default=40, help="unjudged products a query (default: 40)")
    parser.add_argument("--seeds", type=int, default=5, help="students of each kind (default: 5)")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    arguments = parser.parse_args()
    config = load_run_settings(arguments.config)
    bench = Bench(config, RunDirectory(arguments.run or Path("runs") / config.name))
    with tempfile.TemporaryDirectory() as temporary, output_to(Path(temporary, "log")) as console:
        found = compare(bench, arguments.teachers, arguments.text, arguments.extra, arguments.seeds, console)
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

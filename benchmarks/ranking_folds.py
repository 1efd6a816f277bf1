"""Benchmark of the stages of the score of text queries, cross-validated over the train queries of a run.

    python -m benchmarks.ranking_folds RUN DATA [--folds 5] [--seeds 0 1 2]

RUN is the folder of a run of `vitrine run` and DATA its data. The train queries are divided into folds. For each fold,
a classifier is trained on the queries of the others and all weights are chosen on them, as a run does; the fold's
queries are then ranked over the whole catalogue and in their judged pools. The vectors and the transform are the
run's: they have learnt nothing from judgements. A seed is that of the classifier. The eval split is not read.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_transform as tft

from vitrine.classifier.calibration import fit_temperature
from vitrine.classifier.export import Classifier, export_classifier
from vitrine.classifier.folds import Fold, open_folds
from vitrine.classifier.settings import ClassifierSettings
from vitrine.classifier.training import fit, predict
from vitrine.data import columns
from vitrine.data.contract.files import read_judgements
from vitrine.data.contract.splits import is_validation
from vitrine.embeddings.pair_vectors import PairVectors
from vitrine.embeddings.table import EmbeddingTable
from vitrine.labels import GAINS
from vitrine.markdown import table
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.metrics.classification import classification
from vitrine.search.build.catalogue_ranking import CatalogueRanking
from vitrine.search.build.judged_pairs import JudgedPairs, PairClasses, Values, classify
from vitrine.search.build.text_tuning import tune_text_queries
from vitrine.search.build.tuning import fit_fusion
from vitrine.search.build.weight_choice import gain_log_odds
from vitrine.search.fusion import calibrated
from vitrine.search.index.lexical_index import LexicalIndex, build_lexical_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.products import Products
from vitrine.search.settings import LexicalSettings, SearchWeights

STAGES: Final = ("similarity", "and words", "and features", "and classifier: the score", "classifier alone")


@dataclass(frozen=True)
class Run:
    """The parts of a run that are the same in every fold.

    Attributes:
        products: the catalogue with its vectors.
        pairs: the judged pairs of the train split.
        index: the postings of the catalogue.
        transform: the graph of TF Transform.
        examples: the transformed examples of the train split.
        example_queries: the query of each example, bytes [N].
    """

    products: Products
    pairs: JudgedPairs
    index: LexicalIndex
    transform: tft.TFTransformOutput
    examples: Fold
    example_queries: npt.NDArray[np.object_]

    @classmethod
    def open(cls, run: Path, data: Path) -> "Run":
        """Open the latest artifacts of a run."""
        queries, products = (_latest(run, "EmbeddingGen", f"{name}_embeddings") for name in ("query", "product"))
        transform = tft.TFTransformOutput(str(_latest(run, "Transform", "transform_graph")))
        spec = transform.transformed_feature_spec()
        files = str(_latest(run, "Transform", "transformed_examples") / "Split-train" / "*")
        examples, _ = open_folds([files], spec, PairVectors.open(queries, products))
        records = tf.data.TFRecordDataset(list(examples.files), "GZIP").batch(8192)
        texts = [tf.io.parse_example(each, {columns.QUERY: spec[columns.QUERY]})[columns.QUERY] for each in records]
        catalogue = Products.read(products)
        index = build_lexical_index(catalogue, LexicalSettings())
        assert index is not None
        pairs = JudgedPairs.of(read_judgements(data, "train"), EmbeddingTable.open(queries), catalogue)
        return cls(catalogue, pairs, index, transform, examples, tf.concat(texts, 0).numpy())

    def examples_of(self, queries: list[str]) -> Fold:
        """Return the examples of some queries."""
        names = tuple(sorted(query.encode() for query in queries))
        mask = np.isin(self.example_queries, list(names))
        return replace(self.examples, labels=self.examples.labels[mask], queries=names)


@dataclass(frozen=True)
class Measured:
    """The measures of a fold: nDCG@10 of each query by stage, over the catalogue and in the pools, and the classes."""

    catalogue: dict[str, Values]
    pools: dict[str, Values]
    label: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]


def measure_folds(run: Run, folds: int, seed: int) -> Iterator[Measured]:
    """Train, choose and measure for each fold."""
    queries = sorted(set(run.pairs.query))
    fold_of = {query: int(hashlib.sha256(query.encode()).hexdigest(), 16) % folds for query in queries}
    settings = ClassifierSettings(seed=seed)
    for fold in range(folds):
        others = [query for query in queries if fold_of[query] != fold]
        held_out = np.array([fold_of[query] == fold for query in run.pairs.query])
        with tempfile.TemporaryDirectory() as directory:
            _train(run, settings, others, directory)
            classifier = load_classifier(Path(directory))
            weights = _weights(run, run.pairs.where(~held_out), classifier, settings.validation_share)
            yield _measure(run, run.pairs.where(held_out), classifier, weights)


def _train(run: Run, settings: ClassifierSettings, queries: list[str], directory: str) -> None:
    share = settings.validation_share
    fitting, validation = (
        run.examples_of([query for query in queries if is_validation(query, share) == held_out])
        for held_out in (False, True)
    )
    model = fit(settings, fitting, validation, lambda _epoch, _logs: None)
    layer, spec = run.transform.transform_features_layer(), run.transform.raw_feature_spec()
    temperature = fit_temperature(*predict(model, validation))
    export_classifier(Classifier(model, layer, spec, temperature), fitting.dimension, directory)


def _weights(run: Run, pairs: JudgedPairs, classifier: tf.Module, validation_share: float) -> SearchWeights:
    weights = calibrated(run.products, pairs.vectors[np.unique(pairs.vector)])
    fusion = fit_fusion(weights.text_query, pairs, run.products)
    weights = weights.model_copy(update={"text_query": fusion})
    return tune_text_queries(weights, pairs, run.products, classifier, run.index, validation_share)


def _measure(run: Run, pairs: JudgedPairs, classifier: tf.Module, weights: SearchWeights) -> Measured:
    ranking = CatalogueRanking.of(pairs, run.products, weights.text_query, run.index)
    classes = classify(ranking.pairs, run.products, classifier)
    scores = dict(zip(STAGES, _stages(ranking, classes, weights), strict=True))
    judged = ranking.is_judged
    pools = ranking.pairs.where(judged)
    return Measured(
        {name: ranking.ndcg(score) for name, score in scores.items()},
        {name: pools.ndcg(score[judged]) for name, score in scores.items()},
        np.searchsorted(GAINS, pools.gain),
        classes.probabilities[judged].argmax(axis=1),
    )


def _stages(ranking: CatalogueRanking, classes: PairClasses, weights: SearchWeights) -> list[Values]:
    """Return the score of each stage, [R] each."""
    similarity = weights.text_query.slope * ranking.similarity
    words = similarity + ranking.words @ np.array([weights.lexical, weights.coverage])
    features = words + classes.features @ np.array(weights.features or np.zeros(classes.features.shape[1]))
    by_gain = gain_log_odds(classes.expected_gain)
    score = (1 - weights.blend) * (features + weights.text_query.intercept) + weights.blend * by_gain
    return [similarity, words, features, score, by_gain]


def report(folds: list[list[Measured]]) -> str:
    """Return tables of the measured folds of each seed."""
    rows = []
    for name in STAGES:
        cells = [name]
        for kind in ("catalogue", "pools"):
            values, before = (_over_seeds(folds, kind, stage) for stage in (name, STAGES[0]))
            cells += [str(estimate(values)), "" if name == STAGES[0] else str(compare(values, before).difference)]
        rows.append(cells)
    names = ["stage", "catalogue nDCG@10", "− similarity's", "pools nDCG@10", "− similarity's"]
    scores = [
        classification(*(np.concatenate([getattr(fold, part) for fold in seed]) for part in ("label", "predicted")))
        for seed in folds
    ]
    macro_f1, kappa = (np.array([getattr(score, name) for score in scores]) for name in ("macro_f1", "kappa"))
    labels = (
        f"classifier: macro-F1 {macro_f1.mean():.3f} ({macro_f1.min():.3f} to {macro_f1.max():.3f}), "
        f"quadratic kappa {kappa.mean():.3f} ({kappa.min():.3f} to {kappa.max():.3f}) over {len(folds)} seeds"
    )
    return f"{table(names, rows)}\n\n{labels}"


def _over_seeds(folds: list[list[Measured]], kind: str, stage: str) -> Values:
    """Return the mean over the seeds of each query's figures."""
    seeds: Values = np.stack([np.concatenate([getattr(fold, kind)[stage] for fold in seed]) for seed in folds])
    return seeds.mean(axis=0)


def _latest(run: Path, node: str, output: str) -> Path:
    folder = run / "artifacts" / node / output
    return max(folder.iterdir(), key=lambda path: int(path.name))


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    run = Run.open(options.run, options.data)
    print(report([list(measure_folds(run, options.folds, seed)) for seed in options.seeds]))


if __name__ == "__main__":
    main()

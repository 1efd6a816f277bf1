"""The benchmark of one run of the pipeline: its vectors and models against all other rankings of its data."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine import progress
from vitrine.baselines.bm25 import Bm25
from vitrine.benchmark.benchmark_json import Figures
from vitrine.benchmark.measure import catalogue_figures, label_figures, published_figures, ranking_figures
from vitrine.benchmark.rankers import DenseRanker, Rankers, tune_dense_share
from vitrine.benchmark.scoring import PairModel, score_rankings
from vitrine.benchmark.settings import BenchmarkSettings
from vitrine.benchmark.slices import query_slices
from vitrine.benchmark.split import Split
from vitrine.cross_encoder.calibrated import calibrate
from vitrine.cross_encoder.checkpoint import is_classifier
from vitrine.cross_encoder.distillation import distil
from vitrine.cross_encoder.model import PairModel as CrossEncoderModel
from vitrine.cross_encoder.settings import CrossEncoderSettings, DistillationSettings
from vitrine.cross_encoder.training import fit
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.data.columns import QUERY
from vitrine.data.contract.files import read_judgements
from vitrine.data.contract.splits import is_validation
from vitrine.embeddings.table import EmbeddingTable
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.loading import load_encoder, source_directory
from vitrine.search.build.judged_pairs import classify
from vitrine.search.build.tuning import fit_fusion
from vitrine.search.exported_model import ExportedModel
from vitrine.search.fusion import calibrated
from vitrine.search.model.scorer import load_classifier
from vitrine.search.products import Products
from vitrine.text.product_texts import product_texts

CLASSIFIER: Final = "pair classifier"
CROSS_ENCODER: Final = "cross-encoder"


@dataclass(frozen=True)
class Inputs:
    """The outputs of a run of the pipeline, and its settings.

    Attributes:
        data: the data folder, in the contract's layout.
        query_embeddings, product_embeddings: EmbeddingGen's folders.
        fingerprint: the encoder's fingerprint.
        classifier, search_model: SavedModels.
        validation_share: share of the train queries that the classifier's training held out.
        text_fields: the columns that make up a product's text.
    """

    data: Path
    query_embeddings: Path
    product_embeddings: Path
    fingerprint: str
    classifier: Path
    search_model: Path
    validation_share: float
    text_fields: tuple[str, ...]


def benchmark(inputs: Inputs, settings: BenchmarkSettings, published: bool = False) -> Figures:
    """Rank the held-out queries with every ranking, and compute the figures.

    Returns:
        `data`, `counts`, `rankings` (see `ranking_figures`), `catalogue`, `labels`, `chosen` (the weights chosen on
        the train split), and `published` if requested.

    Raises:
        DataError: the data, the vectors or a model cannot be read, or do not match.
    """
    products = Products.read(inputs.product_embeddings)
    train, validation, held_out = _splits(inputs, products)
    asked = [*train.texts, *validation.texts, *held_out.texts]
    rankers = _rankers(inputs, settings, products, train, asked)
    classifier = load_classifier(inputs.classifier)
    models: dict[str, PairModel] = {CLASSIFIER: lambda pairs: classify(pairs, products, classifier).probabilities}
    if settings.cross_encoder:
        models[CROSS_ENCODER] = _cross_encoder(inputs, settings.cross_encoder, settings.first_lesson, products, train)
    served = ExportedModel(inputs.search_model)
    scored = score_rankings(rankers, models, validation, held_out, settings.candidates, served)
    progress.note(f"measuring {len(scored) + 1} rankings")
    figures: Figures = {
        "data": str(inputs.data),
        "counts": {
            "products": products.count,
            "queries": {"train": len(train.ids), "validation": len(validation.ids), "eval": len(held_out.ids)},
            "judgements": {"train": len(train.label), "eval": len(held_out.label)},
        },
        "rankings": ranking_figures(held_out, scored, query_slices(held_out, products)),
        "catalogue": catalogue_figures(held_out, scored),
        "labels": label_figures(train, held_out, {name: model(held_out.pairs) for name, model in models.items()}),
        "chosen": {
            "text_weight": rankers.fusion.text_weight,
            "dense_share": rankers.share,
            "blend": {name: ranking.blend for name, ranking in scored.items() if ranking.blend is not None},
        },
    }
    if published:
        figures["published"] = published_figures(held_out, scored)
    return figures


def _splits(inputs: Inputs, products: Products) -> tuple[Split, Split, Split]:
    queries = EmbeddingTable.open(inputs.query_embeddings)
    train, held_out = (read_judgements(inputs.data, split) for split in ("train", "eval"))
    texts = train[QUERY].to_pylist()
    held_out_of_training = pa.array([is_validation(query, inputs.validation_share) for query in texts], pa.bool_())
    validation = train.filter(held_out_of_training)
    if not validation.num_rows:  # too few queries: none was held out of the training
        validation = train
    first, second, third = (Split.of(table, queries, products) for table in (train, validation, held_out))
    return first, second, third


def _rankers(
    inputs: Inputs, settings: BenchmarkSettings, products: Products, train: Split, asked: list[str]
) -> Rankers:
    """Choose the weights of the rankings, which can then be `asked` those queries."""
    progress.note("choosing weights on the train split")
    fusion = fit_fusion(calibrated(products, train.vectors).text_query, train.pairs, products)
    sentence = _sentence(inputs, settings, products) if settings.sentence else None
    return tune_dense_share(Rankers(products, Bm25(products.table, asked), fusion, sentence, settings.rrf_k), train)


def _cross_encoder(
    inputs: Inputs,
    settings: CrossEncoderSettings,
    distillation: DistillationSettings | None,
    products: Products,
    train: Split,
) -> PairModel:
    """Fine-tune a cross-encoder, or calibrate a published one, on the queries that the classifier was trained on."""
    texts = np.array(product_texts(products.table, inputs.text_fields), object)
    settings = settings.model_copy(update={"validation_share": inputs.validation_share})
    pairs = Pairs(train.pairs.query.tolist(), texts[train.pairs.row].tolist(), train.label)
    source = read_checkpoint(source_directory(settings.source, "benchmark.cross_encoder.source"))
    if not settings.epochs:
        progress.note(f"calibrating {settings.source} on {len(train.label):,} pairs")
        model = calibrate(CrossEncoderModel(source, settings.precision, max_tokens=settings.max_tokens), pairs)
        return lambda judged: model.probabilities(judged.query.tolist(), texts[judged.row].tolist())
    with tempfile.TemporaryDirectory() as folder:
        if distillation and not is_classifier(source):
            progress.note(f"distilling a cross-encoder on {distillation.pairs:,} pairs without judgements")
            shared = {"precision": settings.precision, "max_tokens": settings.max_tokens}
            distil(distillation.model_copy(update=shared), texts.tolist()).save(Path(folder, "distilled"))
            settings = settings.model_copy(update={"source": f"{folder}/distilled"})
        progress.note(f"fine-tuning it on {len(train.label):,} pairs, {settings.epochs} epochs")
        tuned = fit(settings, pairs, _note_epoch)
    return lambda judged: tuned.probabilities(judged.query.tolist(), texts[judged.row].tolist())


def _note_epoch(epoch: int, metrics: Mapping[str, float]) -> None:
    progress.note(f"epoch {epoch + 1}: " + ", ".join(f"{name} {value:.3f}" for name, value in metrics.items()))


def _sentence(
    inputs: Inputs, settings: BenchmarkSettings, products: Products
) -> tuple[DenseRanker, Callable[[list[str]], npt.NDArray[np.float32]]] | None:
    """Return the ranker by the sentence encoder, with its `encode_text`; None if it is the run's own encoder."""
    encoder = load_encoder(source_directory(settings.sentence, "benchmark.sentence"))
    if encoder.fingerprint == inputs.fingerprint:
        return None
    progress.note(f"encoding {products.count} products with {settings.sentence}")
    texts = product_texts(products.table, inputs.text_fields)
    has_text = np.array([bool(text) for text in texts])
    return DenseRanker(encoder.encode_document(texts), has_text), encoder.encode_text

"""Evaluation of the exported SavedModel: all figures of the report."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine import progress
from vitrine.baselines.bm25 import Bm25
from vitrine.baselines.floors import majority, random_order
from vitrine.data.columns import ESCI_LABEL, HAS_IMAGE, IMAGE, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.judges import judged_by
from vitrine.data.formats.arrow import objects
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import read_bmp_images
from vitrine.evaluation.metrics_file import Advantage, Counts, Evaluation, ImageSearch, PoolFigures
from vitrine.evaluation.retrieval import SEED, HeldOutQueries, retrieval_figures
from vitrine.evaluation.served_version import ServedVersion, compare_with_served
from vitrine.labels import CLASS_IDS
from vitrine.metrics.bootstrap import Estimate, estimate
from vitrine.metrics.classification import classification
from vitrine.metrics.figures import RankingFigures
from vitrine.metrics.ranking import Judgements, Run, compare_runs, evaluate
from vitrine.search.exported_model import ExportedModel

IMAGES = 300
"""Largest number of images to search with. The interval shows the uncertainty that remains."""


@dataclass(frozen=True)
class Catalogue:
    """The products as an Arrow table with the text columns, `image` and `has_image`, and the image root."""

    table: pa.Table
    image_root: Folder


def measure(
    candidate: Path,
    catalogue: Catalogue,
    train: pa.Table,
    held_out: pa.Table,
    query_only: dict[str, float] | None = None,
    served: ServedVersion | None = None,
) -> Evaluation:
    """Return every figure of `Evaluation` for the search model in the folder `candidate`.

    `ranking` orders the judged pools. `retrieval` searches the whole catalogue and counts unjudged products as
    irrelevant; its `condensed` leaves them out. `query_only` are the metrics of the classifier that reads the query
    alone. Every ranking metric is `{value, low, high}`, a mean over queries with its 95% interval. The `served` version
    is loaded when the candidate has been freed.
    """
    queries = HeldOutQueries.sample(held_out)
    with ExportedModel(candidate) as model:
        answers = _PoolAnswers.of(model, held_out)
        ranked, depth = queries.search(model), model.top_k
        image_search = image_precision(model, catalogue) if model.searches_images else None
    # Built when the model has been freed: each of them takes much of the memory.
    bm25 = Bm25(catalogue.table, held_out[QUERY].unique().to_pylist())
    metrics = _measure_pools(answers, bm25, train, held_out)
    bm25_ranked = queries.search_bm25(bm25, depth)
    del bm25
    if image_search:
        metrics["image_search"] = image_search
    metrics["counts"] = _counts(catalogue, train, held_out)
    metrics["classifier"]["query_only"] = query_only
    metrics["retrieval"] = retrieval_figures(queries.judged, ranked, bm25_ranked)
    ids = catalogue.table[PRODUCT_ID].to_pylist()
    metrics["retrieval"]["served"] = compare_with_served(served, queries, ranked, ids)
    return metrics


@dataclass(frozen=True)
class _PoolAnswers:
    """The search model's answers for each of P judged pairs: `classified` int64, `similarity` and `score` float32."""

    classified: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float32]
    score: npt.NDArray[np.float32]

    @classmethod
    def of(cls, model: ExportedModel, held_out: pa.Table) -> "_PoolAnswers":
        progress.note(f"scoring {held_out.num_rows} held-out pairs with the exported model")
        queries, products = objects(held_out[QUERY]), objects(held_out[PRODUCT_ID])
        return cls(
            model.classify(queries, products).argmax(axis=1),
            model.similarity(queries, products),
            model.score(queries, products),
        )


def _measure_pools(answers: _PoolAnswers, bm25: Bm25, train: pa.Table, held_out: pa.Table) -> Evaluation:
    """Measure the order of the judged pools, and the classifier on their pairs."""
    ids, queries, products = (objects(held_out[name]) for name in (QUERY_ID, QUERY, PRODUCT_ID))
    judged = Judgements.from_labels(ids, products, objects(held_out[ESCI_LABEL]))
    true, train_classes = _class_ids(held_out), _class_ids(train)
    classified = classification(true, answers.classified)
    scores = {
        "bm25": bm25.score_pairs(queries, products),
        "similarity": answers.similarity,
        "search_model": answers.score,
    }
    runs = {name: Run(ids, products, values.astype(np.float64)) for name, values in scores.items()}
    random = random_order(judged)
    floor = majority(train_classes, true)
    return {
        "floors": {
            "majority_accuracy": floor.accuracy,
            "majority_macro_f1": floor.macro_f1,
            "random_ndcg@10": random["ndcg@10"].value,
        },
        "pools": _pools(judged),
        "classifier": {**classified.to_dict(), "query_only": None},
        "ranking": {"random": _plain(random)} | {name: _plain(evaluate(judged, run)) for name, run in runs.items()},
        "against": {name: _compared(judged, runs["search_model"], runs[name]) for name in ("bm25", "similarity")},
    }


def image_precision(model: ExportedModel, catalogue: Catalogue) -> ImageSearch | None:
    """Search with products' images, and measure the share of the first five other products of the same category.

    The product itself is removed from the results, since it would always be its own best match. The result is None
    where no product has both an image and a category.
    """
    rows = catalogue.table.filter(pc.and_(catalogue.table[HAS_IMAGE], pc.not_equal(catalogue.table["category"], "")))
    chosen = np.random.default_rng(SEED).permutation(rows.num_rows)[:IMAGES]
    rows = rows.take(pa.array(np.sort(chosen)))
    if rows.num_rows == 0:
        return None
    images = read_bmp_images(rows[IMAGE].to_pylist(), catalogue.image_root)
    results = model.search_images(images).product_id
    category = dict(zip(catalogue.table[PRODUCT_ID].to_pylist(), catalogue.table["category"].to_pylist(), strict=True))
    precision = []
    for product, ranked in zip(rows[PRODUCT_ID].to_pylist(), results, strict=True):
        others = [other for other in ranked if other != product][:5]
        precision.append(np.mean([category[other] == category[product] for other in others]))
    return {"queries": rows.num_rows, "category_precision@5": estimate(np.array(precision)).to_dict()}


def _pools(judged: Judgements) -> PoolFigures:
    by_query = pd.DataFrame({"product": judged.product_id, "gain": judged.gain}).groupby(judged.query_id)
    distinct = by_query.nunique()
    return {
        "queries": len(distinct),
        "with_two_products": int((distinct["product"] > 1).sum()),
        "with_different_labels": int(((distinct["product"] > 1) & (distinct["gain"] > 1)).sum()),
        "ideal_ndcg@10": judged.share_with_gain,
    }


def _counts(catalogue: Catalogue, train: pa.Table, held_out: pa.Table) -> Counts:
    splits = {"train": train, "eval": held_out}
    return {
        "products": catalogue.table.num_rows,
        "products_with_image": pc.sum(catalogue.table[HAS_IMAGE]).as_py() or 0,
        "queries": {name: len(table[QUERY_ID].unique()) for name, table in splits.items()},
        "judgements": {name: table.num_rows for name, table in splits.items()},
        "judged_by": judged_by(held_out),
    }


def _compared(judged: Judgements, first: Run, second: Run) -> Advantage:
    compared = compare_runs(judged, first, second)
    return {"ndcg@10_difference": compared.difference.value, "p_value": compared.p_value}


def _class_ids(judgements: pa.Table) -> npt.NDArray[np.int64]:
    return np.array([CLASS_IDS[label] for label in objects(judgements[ESCI_LABEL])], dtype=np.int64)


def _plain(metrics: dict[str, Estimate]) -> RankingFigures:
    return {name: value.to_dict() for name, value in metrics.items()}

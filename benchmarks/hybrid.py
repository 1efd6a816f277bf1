"""Benchmark of candidates by similarity, by words and by both, on the held-out queries of a prepared data folder.

    python -m benchmarks.hybrid DATA [--fields title=3,description=1]

DATA has the contract's files and `vectors/`, as `vitrine prepare sqid` or `benchmarks/encoded_vectors.py` write them.
The weights are chosen on the train split. Every ranking is of the whole catalogue, without the classifier; unjudged
products have no gain. `found` is the share of the exact products among the first hundred.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from vitrine.baselines.bm25 import Bm25
from vitrine.data.columns import ESCI_LABEL, HAS_TEXT, PRODUCT_ID, QUERY, QUERY_ID, TEXT_VECTOR
from vitrine.data.contract.files import Split, read_catalogue, read_judgements
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.vectors.files import FOLDER, PRODUCTS
from vitrine.data.vectors.queries import all_queries
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.markdown import table
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.metrics.ranking import Judgements, Run, per_query
from vitrine.search.build.catalogue_ranking import FOUND, CatalogueRanking
from vitrine.search.build.judged_pairs import JudgedPairs, Values
from vitrine.search.build.text_tuning import choose_queries, fit_words
from vitrine.search.build.tuning import fit_fusion
from vitrine.search.fusion import calibrated
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.products import Products
from vitrine.search.settings import LexicalSettings

METRICS: Final = ("ndcg@10", "recall@10", "recall@100")


def read_products(data: Path) -> Products:
    """Read the catalogue with the vectors of its texts."""
    catalogue = read_catalogue(data)
    stored = parquet.read_table(data / FOLDER / PRODUCTS, columns=[PRODUCT_ID, TEXT_VECTOR, HAS_TEXT])
    stored = stored.take(pc.index_in(catalogue[PRODUCT_ID].combine_chunks(), stored[PRODUCT_ID].combine_chunks()))
    has_text = stored[HAS_TEXT].to_numpy()
    return Products.of(catalogue, as_matrix(stored[TEXT_VECTOR]), None, has_text, np.zeros_like(has_text))


def read_pairs(data: Path, split: Split, products: Products) -> JudgedPairs:
    """Read the judged pairs of a split with the vectors of their queries."""
    queries, judgements = all_queries(data / FOLDER), read_judgements(data, split)
    gains = [GAINS[CLASS_IDS[label]] for label in judgements[ESCI_LABEL].to_pylist()]
    return JudgedPairs(
        np.asarray(judgements[QUERY_ID].to_pylist(), object),
        np.asarray(judgements[QUERY].to_pylist(), object),
        queries.vector,
        _places(judgements[QUERY_ID], queries.query_id),
        _places(judgements[PRODUCT_ID], products.table[PRODUCT_ID].combine_chunks()),
        np.asarray(gains),
    )


def measure(data: Path, settings: LexicalSettings) -> str:
    """Choose the weights on the train split and measure the rankings of the held-out queries."""
    products = read_products(data)
    train, held_out = (read_pairs(data, split, products) for split in ("train", "eval"))
    index = build_lexical_index(products, settings)
    assert index is not None
    fusion = fit_fusion(calibrated(products, train.vectors[np.unique(train.vector)]).text_query, train, products)
    tuned = train.of_queries(choose_queries(train, validation_share=0).ranked)
    ratios = fit_words(CatalogueRanking.of(tuned, products, fusion, index))
    ranking = CatalogueRanking.of(held_out, products, fusion, index)
    scores = {
        "similarity": ranking.similarity,
        "lexical score": ranking.words[:, 0],
        "similarity and words": ranking.similarity + ranking.words @ ratios,
    }
    values = {name: ranking.measure(score, METRICS) for name, score in scores.items()}
    values = {"BM25": _bm25(products, held_out)} | values
    rows = [
        [name, *(str(estimate(measured[metric])) for metric in METRICS), _difference(measured, values["BM25"])]
        for name, measured in values.items()
    ]
    chosen = f"deviations of similarity: {ratios[0]:.3f} a unit of the lexical score, {ratios[1]:.2f} for all words"
    return table(["ranking", *METRICS, "nDCG@10 − BM25's"], rows) + f"\n\n{chosen}"


def _bm25(products: Products, pairs: JudgedPairs) -> dict[str, Values]:
    """Return the metrics of the baseline, for each query."""
    queries, first = np.unique(pairs.query_id, return_index=True)
    texts = pairs.query[first].tolist()
    found = Bm25(products.table, texts).search(texts, FOUND)
    judged = np.asarray(products.ids, object)[pairs.row]
    return per_query(Judgements(pairs.query_id, judged, pairs.gain), Run.from_top(queries.tolist(), found), METRICS)


def _difference(values: dict[str, Values], baseline: dict[str, Values]) -> str:
    return str(compare(values["ndcg@10"], baseline["ndcg@10"]).difference)


def _places(wanted: pa.ChunkedArray, known: pa.Array) -> npt.NDArray[np.int64]:
    return np.asarray(pc.index_in(wanted, known).combine_chunks(), np.int64)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fields", help="weights of the fields, such as title=3,description=1", default="")
    options = parser.parse_args()
    weights = {
        name: float(weight) for name, _, weight in (part.partition("=") for part in options.fields.split(",")) if name
    }
    print(measure(options.data, LexicalSettings(**{"fields": weights} if weights else {})))


if __name__ == "__main__":
    main()

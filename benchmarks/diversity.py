"""Benchmark of diversity: what it costs a search, and what it does to the first ten results of held-out queries.

    python -m benchmarks.diversity SERVING DATA [--turns 200]

SERVING is the serving directory of a run, and DATA has the contract's files. The whole catalogue is searched, and
unjudged products have no gain. The cosine of two products is that of `vitrine.search.model.diversity`.

The cost is that of `rank_text` with `diversify` beside `rank_text` alone, in a session, and that of the same search by
a gateway over HTTP that caches nothing. Both searches of a query follow each other, so that the load of the machine is
the same for both; the ratio is the median over the queries.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from benchmarks.figures import percentile, ratio, take_turns
from benchmarks.serving_load import Connection, Target
from benchmarks.serving_processes import HOST, vitrine_gateway
from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_ID, TEXT_VECTOR
from vitrine.data.contract.files import read_judgements
from vitrine.data.formats.arrow import as_matrix
from vitrine.evaluation.retrieval import HeldOutQueries
from vitrine.markdown import table
from vitrine.metrics.bootstrap import estimate
from vitrine.metrics.condensed import Ranked, condense, unjudged_share
from vitrine.metrics.ranking import Judgements, Run, per_query
from vitrine.search.exported_model import MODEL_NAME, ExportedModel
from vitrine.search.index_files import products_file
from vitrine.search.local_client import INDEX, newest_version
from vitrine.serving.lifecycle.servable import Servable

DIVERSITIES: Final = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
MEASURED: Final = 0.3
"""The diversity of the searches whose cost is measured. The cost does not depend on it."""
DEPTH: Final = 10
ATTRIBUTES: Final = ("category", "brand", "color")
UNCOUNTED: Final = 20

Floats = npt.NDArray[np.float64]


def effect(model: ExportedModel, held_out: HeldOutQueries, catalogue: pa.Table) -> str:
    """Measure the first ten results with each diversity, as a Markdown table."""
    rows = []
    for diversity in DIVERSITIES:
        found = model.search(list(held_out.text.values()), diversity).product_id
        ranked = dict(zip(held_out.text, found.tolist(), strict=True))
        alike = likeness(catalogue, [products[:DEPTH] for products in found.tolist()])
        judged = held_out.judged
        rows.append(
            [f"{diversity:g}", ndcg(judged, ranked), ndcg(judged, condense(ranked, judged.pools)),
             f"{unjudged_share(ranked, judged.pools, DEPTH):.0%}", *(f"{value:.2f}" for value in alike)]
        )  # fmt: skip
    head = ["diversity", "nDCG@10", "nDCG@10 of judged products", "unjudged", "mean cosine", *ATTRIBUTES]
    return table(head, rows)


def ndcg(judged: Judgements, ranked: Ranked) -> str:
    """Return nDCG@10 with its interval."""
    values = per_query(judged, Run.from_top(list(ranked), list(ranked.values())), ["ndcg@10"])
    return str(estimate(values["ndcg@10"]))


def likeness(catalogue: pa.Table, results: Sequence[Sequence[str]]) -> list[float]:
    """Return the mean cosine of two products of a list, and the mean number of distinct values of each attribute."""
    row = {product_id: number for number, product_id in enumerate(catalogue[PRODUCT_ID].to_pylist())}
    rows = np.array([[row[product_id] for product_id in products] for products in results])
    pairs = ~np.eye(rows.shape[1], dtype=bool)
    means = [float(np.mean(cosines(catalogue.take(each))[pairs])) for each in rows]
    distinct = [
        np.mean([len({value for value in catalogue[name].take(each).to_pylist() if value}) for each in rows])
        for name in ATTRIBUTES
    ]
    return [float(np.mean(means)), *map(float, distinct)]


def cosines(products: pa.Table) -> Floats:
    """Return the cosines of R products with each other, float64 [R, R]."""
    total, sides = np.zeros((2, len(products), len(products)))
    for name, has_name in ((TEXT_VECTOR, HAS_TEXT), (IMAGE_VECTOR, HAS_IMAGE)):
        if name in products.column_names:
            vectors, has = as_matrix(products[name]), products[has_name].to_numpy().astype(float)
            total += np.outer(has, has) * (vectors @ vectors.T)
            sides += np.outer(has, has)
    return np.divide(total, sides, out=np.zeros_like(total), where=sides > 0)


def cost(serving: Path, queries: Sequence[str], turns: int) -> str:
    """Measure searches with and without diversity, as a Markdown table."""
    with tempfile.TemporaryDirectory() as folder:
        uncached = {"cache": {"memory_bytes": 1}}
        with vitrine_gateway(serving, uncached, [], Path(folder)) as gateway:
            pairs = {
                "`rank_text`, in a session": in_session(serving, queries),
                "a search over HTTP": over_http(gateway.port, queries),
            }
            rows = [[name, *_compared(pair, turns)] for name, pair in pairs.items()]
    return table(["", "ms", "ms with diversity", "ratio", "a tenth – nine tenths"], rows)


def _compared(pair: Mapping[str, Callable[[int], Any]], turns: int) -> list[str]:
    plain, diverse = (timing.clock for timing in take_turns(pair, turns, UNCOUNTED).values())
    ratios = [after / before for before, after in zip(plain, diverse, strict=True)]
    milliseconds = (f"{1000 * statistics.median(clock):.2f}" for clock in (plain, diverse))
    spread = f"{percentile(ratios, 0.1):.2f} – {percentile(ratios, 0.9):.2f}"
    return [*milliseconds, f"{ratio(plain, diverse):.2f}×", spread]


def in_session(serving: Path, queries: Sequence[str]) -> dict[str, Callable[[int], Any]]:
    """Return the searches of a turn's query by the model's signatures, with its vector at hand."""
    version = newest_version(serving)
    servable = Servable.load(MODEL_NAME, version, serving / MODEL_NAME / str(version))
    embed, rank, diversify = (servable.signature(name) for name in ("embed_text", "rank_text", "diversify"))
    texts = [np.array([query.encode()], object) for query in queries]
    vectors = [embed.run({"query": text})["embedding"] for text in texts]
    everything, diversity = np.array([b""], object), np.array([MEASURED], np.float32)

    def plain(turn: int) -> Any:
        query = turn % len(texts)
        return rank.run({"query": texts[query], "embedding": vectors[query], "allowed": everything})

    def diverse(turn: int) -> Any:
        ranked = plain(turn)
        return diversify.run({name: ranked[name] for name in ("product_id", "score")} | {"diversity": diversity})

    return {"plain": plain, "diverse": diverse}


def over_http(port: int, queries: Sequence[str]) -> dict[str, Callable[[int], Any]]:
    """Return the searches of a turn's query by a gateway."""
    connection = Connection(Target(HOST, port, "/predict", []))

    def search(diversity: float) -> Callable[[int], Any]:
        bodies = [json.dumps({"query": query, "diversity": diversity, "rewrite": False}) for query in queries]
        return lambda turn: connection.send(bodies[turn % len(bodies)])

    return {"plain": search(0.0), "diverse": search(MEASURED)}


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("serving", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--turns", type=int, default=200, help="searches of each kind (default: 200)")
    options = parser.parse_args()
    version = newest_version(options.serving)
    held_out = HeldOutQueries.sample(read_judgements(options.data, "eval"))
    catalogue = parquet.read_table(products_file(options.serving / INDEX / str(version)))
    with ExportedModel(options.serving / MODEL_NAME / str(version)) as model:
        print(f"{len(held_out.text)} queries, {len(catalogue):,} products\n")
        print(effect(model, held_out, catalogue), end="\n\n")
    print(cost(options.serving, list(held_out.text.values()), options.turns))


if __name__ == "__main__":
    main()

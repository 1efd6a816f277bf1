"""A shop of random labels, rankings of it, and what simulated users click there."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from vitrine.clicks.models.sessions import Sessions
from vitrine.clicks.simulation.events import write_events
from vitrine.clicks.simulation.searches import browse, plan
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.clicks.simulation.users import click
from vitrine.data.contract.files import write_catalogue, write_judgements
from vitrine.data.contract.splits import is_eval
from vitrine.labels import CLASS_IDS, GAINS, LABELS
from vitrine.metrics.ranking import Judgements, Run, evaluate

NOW = 1.8e9
Truth = dict[str, dict[str, str]]


def truth(queries: int = 60, products: int = 20, seed: int = 0) -> Truth:
    """Return the label of each product for each query; every query has an exact one."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(4, (queries, products), p=[0.45, 0.1, 0.2, 0.25])
    labels[:, 0] = CLASS_IDS["E"]
    return {
        f"query {query}": {f"p{query}-{product}": LABELS[label] for product, label in enumerate(row)}
        for query, row in enumerate(labels)
    }


def noisy_ranking(labels: Truth, noise: float = 1.5, seed: int = 0) -> Callable[[str], Sequence[str]]:
    """Return a ranking whose scores are class ids with noise."""
    rng = np.random.default_rng(seed)
    scores = {
        query: {product: CLASS_IDS[label] + noise * rng.normal() for product, label in products.items()}
        for query, products in labels.items()
    }
    return lambda query: sorted(scores[query], key=lambda product: -scores[query][product])


def write_log(directory: Path, labels: Truth, **settings: object) -> Path:
    """Write the event log of simulated users, and return its directory."""
    simulation = SimulationSettings.model_validate({"swaps": 0.5, "users": 300, "searches": 6000} | settings)
    visits = plan(list(labels), simulation, NOW)
    write_events(browse(visits, noisy_ranking(labels), labels, simulation), len(visits), directory)
    return directory


def write_data(folder: Path, labels: Truth, judged: Collection[str] | None = None) -> Path:
    """Write a data folder of all products, with people's judgements of the `judged` queries, by default of all."""
    products = [{"product_id": product, "title": f"thing {product}"} for row in labels.values() for product in row]
    write_catalogue(folder, pa.Table.from_pylist(products))
    for split in ("train", "eval"):
        rows = [
            {"query_id": f"id {query}", "query": query, "product_id": product, "esci_label": label}
            for query, row in labels.items()
            if (judged is None or query in judged) and is_eval(query) == (split == "eval")
            for product, label in row.items()
        ]
        if rows:
            write_judgements(folder, split, pa.Table.from_pylist(rows))
    return folder


def quality(labels: Truth, pairs: Sequence[tuple[str, str]], score: np.ndarray) -> float:
    """Return nDCG@10 of pairs ranked by a score, by the true labels."""
    gains = np.asarray([GAINS[CLASS_IDS[labels[query][product]]] for query, product in pairs])
    query, product = (np.asarray([pair[side] for pair in pairs], object) for side in (0, 1))
    return evaluate(Judgements(query, product, gains), Run(query, product, score), ["ndcg@10"])["ndcg@10"].value


def sessions(model: str = "pbm", count: int = 8000, depth: int = 10, seed: int = 0, **settings: float) -> Sessions:
    """Return searches of a shop of 50 queries, two rankings with swapped neighbours, and 200 users."""
    rng = np.random.default_rng(seed)
    queries, pool = 50, 20
    labels = rng.choice(4, (queries, pool), p=[0.45, 0.1, 0.2, 0.25])
    ranks = np.stack([np.argsort(-labels - 1.5 * rng.normal(size=labels.shape), 1)[:, :depth] for _ in range(2)])
    query = rng.integers(queries, size=count)
    lists = ranks[rng.integers(2, size=count), query]
    begin = rng.integers(2, size=count)
    for place in range(depth - 1):
        rows = (place % 2 == begin) & (rng.random(count) < 0.5)
        lists[rows, place : place + 2] = lists[rows, place : place + 2][:, ::-1]
    simulation = SimulationSettings.model_validate({"model": model, **settings})
    return Sessions(
        pair=(query[:, None] * pool + lists).T,
        position=np.repeat(np.arange(depth)[:, None], count, 1),
        clicked=click(labels[query[:, None], lists].T, simulation, rng),
        weight=np.ones(count),
        user=rng.integers(200, size=count),
        pairs=queries * pool,
    )

"""Benchmark of text queries over HTTP: `vitrine serve` beside the baseline server, and the parts of a response's time.

Both servers have the same CLIP weights, products and queries. Each is a process of its own, and gets its requests from
the same load generator in another process (`benchmarks/serving_load.py`), by turns. *Vitrine, re-ranked* is the
model's default signature, which classifies 100 candidates and returns ids, scores and label probabilities; *Vitrine,
by similarity* classifies nothing, as the baseline does.

The parts are medians of calls by turns: the time of a signature in a session of this process, one query at a time, and
of the same query over HTTP. HTTP's part is the time of a request beyond its signature: reading, JSON, threads and,
because the session is in another process, the differences between the two processes.
"""

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.figures import percentile, ratio, take_turns
from benchmarks.serving_load import Connection, Load, Target, rotated, send, send_from_process
from benchmarks.serving_model import BY_SIMILARITY, Shop, make_shop
from benchmarks.serving_processes import HOST, Server, baseline, vitrine_serve
from vitrine.encoders.settings import Precision
from vitrine.markdown import table
from vitrine.search.exported_model import MODEL_NAME
from vitrine.serving.lifecycle.servable import Servable

BASELINE: Final = "FastAPI + PyTorch"
PREDICT: Final = f"/v1/models/{MODEL_NAME}:predict"
OURS: Final = {"Vitrine, by similarity": BY_SIMILARITY, "Vitrine, re-ranked": "serving_default"}
WARMUP_REQUESTS: Final = 20
TURNS: Final = 60


def run(
    products: int,
    clip: str,
    precision: Precision,
    clients: list[int],
    requests: int,
    rounds: int,
    options: list[str],
) -> dict[str, Any]:
    """Build the model, start the servers, and measure both."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shop = make_shop(folder, products, clip, precision)
        with (
            vitrine_serve(shop.serving, options, folder / "ours.log") as ours,
            baseline(shop.clip, shop.catalogue, folder / "theirs.log") as theirs,
        ):
            targets = targets_of(shop, ours, theirs)
            for target in targets.values():
                send(target, 1, WARMUP_REQUESTS)
            return {
                "products": products,
                "clip": clip,
                "precision": precision,
                "options": options,
                "same_products": same_products(targets),
                "parts": parts(shop, targets),
                "load": {str(count): measure_load(targets, count, requests, rounds) for count in clients},
            }


def targets_of(shop: Shop, ours: Server, theirs: Server) -> dict[str, Target]:
    """Return the target of each contender; the baseline is the first."""
    targets = {BASELINE: Target(HOST, theirs.port, "/search", [json.dumps({"query": text}) for text in shop.queries])}
    for name, signature in OURS.items():
        bodies = [json.dumps({"signature_name": signature, "instances": [text]}) for text in shop.queries]
        targets[name] = Target(HOST, ours.port, PREDICT, bodies)
    return targets


def measure_load(targets: dict[str, Target], clients: int, requests: int, rounds: int) -> list[dict[str, Any]]:
    """Send requests to every contender by turns, `requests` per round from `clients` clients."""
    loads: dict[str, list[Load]] = {name: [] for name in targets}
    bodies = {name: rotated(target.bodies) for name, target in targets.items()}
    for _ in range(rounds):
        for name, target in targets.items():
            loads[name].append(send_from_process(target._replace(bodies=next(bodies[name])), clients, requests))
    base = [load.seconds for load in loads[BASELINE]]
    return [describe(name, round_loads, base) for name, round_loads in loads.items()]


def describe(name: str, loads: list[Load], base: list[float]) -> dict[str, Any]:
    """Return the figures of a contender over its rounds; `times` is its throughput over the baseline's."""
    rates = [len(load.latencies) / load.seconds for load in loads]
    latencies = [1000 * latency for load in loads for latency in load.latencies]
    return {
        "contender": name,
        "rate": statistics.median(rates),
        "slowest_rate": min(rates),
        "fastest_rate": max(rates),
        "p50_ms": percentile(latencies, 0.50),
        "p95_ms": percentile(latencies, 0.95),
        "p99_ms": percentile(latencies, 0.99),
        "times": 1 / ratio(base, [load.seconds for load in loads]),
        "generator_ms": 1000 * sum(load.processor for load in loads) / len(latencies),
    }


def parts(shop: Shop, targets: dict[str, Target]) -> dict[str, float]:
    """Return the milliseconds of a whole response and of its parts."""
    servable = Servable.load(MODEL_NAME, 1, shop.serving / MODEL_NAME / "1")
    texts = [np.array([text.encode()], object) for text in shop.queries]
    embed, by_vector = servable.signature("embed_text"), servable.signature("search_embedding")
    vectors = [embed.run({"query": text})["embedding"] for text in texts[:TURNS]]

    def text_call(name: str) -> Any:
        signature = servable.signature(name)
        return lambda turn: signature.run({"query": texts[turn % len(texts)]})

    def http_call(name: str) -> Any:
        target = targets[name]
        connection = Connection(target)
        return lambda turn: connection.send(target.bodies[turn % len(target.bodies)])

    calls = {
        "encode": text_call("embed_text"),
        "candidates": lambda turn: by_vector.run({"embedding": vectors[turn % len(vectors)]}),
        "by_similarity": text_call(BY_SIMILARITY),
        "re_ranked": text_call("serving_default"),
        "http_by_similarity": http_call("Vitrine, by similarity"),
        "http_re_ranked": http_call("Vitrine, re-ranked"),
        "http_baseline": http_call(BASELINE),
    }
    clock = {name: [1000 * second for second in timing.clock] for name, timing in take_turns(calls, TURNS).items()}
    median = {name: statistics.median(taken) for name, taken in clock.items()}
    return median | {
        "re_ranking": difference(clock["re_ranked"], clock["by_similarity"]),
        "overhead_by_similarity": difference(clock["http_by_similarity"], clock["by_similarity"]),
        "overhead_re_ranked": difference(clock["http_re_ranked"], clock["re_ranked"]),
    }


def same_products(targets: dict[str, Target], queries: int = 20) -> float:
    """Return the mean share of the baseline's first ten products that ours also has: 1 if both search the same."""
    theirs, ours = (targets[name] for name in (BASELINE, "Vitrine, by similarity"))
    first, second = Connection(theirs), Connection(ours)
    shares = []
    for their_body, our_body in zip(theirs.bodies[:queries], ours.bodies[:queries], strict=True):
        expected = {row["product_id"] for row in json.loads(first.send(their_body))[:10]}
        product_ids = json.loads(second.send(our_body))["predictions"][0]["product_id"][:10]
        shares.append(len(expected & set(product_ids)) / len(expected))
    return statistics.mean(shares)


def difference(whole: list[float], part: list[float]) -> float:
    """Return the median of `whole − part` over the turns."""
    return statistics.median(total - share for total, share in zip(whole, part, strict=True))


def report(result: dict[str, Any]) -> str:
    """Format the figures as Markdown tables."""
    rows = []
    for clients, contenders in result["load"].items():
        for row in contenders:
            rates = f"{row['rate']:.1f} ({row['slowest_rate']:.1f} – {row['fastest_rate']:.1f})"
            tails = [f"{row[key]:.0f}" for key in ("p50_ms", "p95_ms", "p99_ms")]
            rows.append(
                [clients, row["contender"], rates, f"{row['times']:.2f}×", *tails, f"{row['generator_ms']:.2f}"]
            )
    head = ["clients", "", "answers a second", "ratio", "p50 ms", "p95", "p99", "generator's processor ms an answer"]
    names = {
        "encode": "encoding the query",
        "candidates": "candidates and the best of them (search_embedding)",
        "by_similarity": "both in one signature",
        "re_ranking": "re-ranking 100 candidates",
        "re_ranked": "all of it (serving_default)",
        "overhead_by_similarity": "HTTP, JSON and our Python, by similarity",
        "overhead_re_ranked": "HTTP, JSON and our Python, re-ranked",
        "http_by_similarity": "over HTTP, by similarity",
        "http_re_ranked": "over HTTP, re-ranked",
        "http_baseline": "over HTTP, FastAPI + PyTorch",
    }
    options = " ".join(result["options"]) or "none"
    about = (
        f"{result['products']:,} products, CLIP of {result['clip']} size, ours in {result['precision']}, options: "
        f"{options}; of the baseline's first ten products, {result['same_products']:.3f} are ours too"
    )
    parts_table = table(
        ["one query, one client", "ms"], [[name, f"{result['parts'][key]:.2f}"] for key, name in names.items()]
    )
    return "\n\n".join([about, table(head, rows), parts_table])

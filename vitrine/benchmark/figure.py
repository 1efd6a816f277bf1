"""The figure of the benchmark."""

from pathlib import Path

from vitrine.benchmark.benchmark_json import Benchmark


def draw(figures: Benchmark, path: Path) -> None:
    """Write a PNG: nDCG@10 of each ranking of the judged pools with its 95% interval, the best on top."""
    from matplotlib.figure import Figure  # not pyplot, which needs a display and keeps state

    pools = figures["rankings"]["pools"]
    names = sorted(pools, key=lambda name: pools[name]["ndcg@10"]["value"])
    figure = Figure(figsize=(8, 1.2 + 0.3 * len(names)), layout="constrained")
    axes = figure.subplots()
    for row, name in enumerate(names):
        ndcg = pools[name]["ndcg@10"]
        axes.plot([ndcg["low"], ndcg["high"]], [row, row], color="#8fa8c8", linewidth=5, solid_capstyle="round")
        axes.plot(ndcg["value"], row, "o", color="#1f3b64")
        axes.annotate(f"{ndcg['value']:.3f}", (ndcg["high"], row), (7, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(names)), names)
    axes.margins(x=0.1)
    axes.grid(axis="x", color="#dddddd")
    queries = figures["counts"]["queries"]["eval"]
    axes.set_xlabel(f"nDCG@10 of the judged pools, {queries:,} held-out queries, 95% intervals")
    axes.set_title(figures["name"])
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.savefig(path, dpi=110)

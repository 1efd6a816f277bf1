"""Benchmark of a search model with and without TensorFlow's graph optimizer: load time and calls.

Vitrine exports functions with the optimizer off (`vitrine.saved_model.saving`); the other contender is the same model
with the optimizer on. Both are loaded as in `vitrine serve`, including the warm-up requests, and called by turns.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from tensorflow.core.protobuf.config_pb2 import ConfigProto
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from benchmarks.figures import percentile, ratio, take_turns
from benchmarks.serving_model import make_shop
from vitrine.encoders.settings import Precision
from vitrine.markdown import table
from vitrine.search.exported_model import MODEL_NAME
from vitrine.serving.lifecycle.servable import Servable

CALLS: Final = (("serving_default", 1), ("serving_default", 8), ("embed_text", 1), ("embed_text", 8))
"""Signatures and the number of queries in a call."""
LOADS: Final = 3


def run(products: int, clip: str, precision: Precision, turns: int) -> dict[str, Any]:
    """Return the seconds of each load and the milliseconds of each call, with the optimizer on and off."""
    with tempfile.TemporaryDirectory() as temporary:
        shop = make_shop(Path(temporary, "shop"), products, clip, precision)
        off = shop.serving / MODEL_NAME / "1"
        on = Path(shutil.copytree(off, Path(temporary, "on")))
        optimize(on / "saved_model.pb")
        directories = {"on": on, "off": off}
        seconds: dict[str, list[float]] = {name: [] for name in directories}
        servables = {}
        for _ in range(LOADS):
            for name, directory in directories.items():
                started = time.perf_counter()
                servables[name] = Servable.load(MODEL_NAME, 1, directory)
                seconds[name].append(time.perf_counter() - started)
    ms: dict[str, dict[str, list[float]]] = {}
    for signature, size in CALLS:
        feeds = [{"query": np.array(_queries(shop.queries, turn, size), object)} for turn in range(len(shop.queries))]
        calls = {name: servable.signature(signature).run for name, servable in servables.items()}
        contenders = {
            name: lambda turn, call=call, feeds=feeds: call(feeds[turn % len(feeds)]) for name, call in calls.items()
        }
        timings = take_turns(contenders, turns)
        ms[f"{signature}, {size} at once"] = {
            name: [1000 * second for second in timing.clock] for name, timing in timings.items()
        }
    return {"products": products, "clip": clip, "precision": precision, "load_s": seconds, "ms": ms}


def optimize(file: Path) -> None:
    """Turn the optimizer on in every function of a `saved_model.pb`."""
    model = SavedModel.FromString(file.read_bytes())
    for meta in model.meta_graphs:
        functions = [function.node_def for function in meta.graph_def.library.function]
        for node in (node for nodes in (meta.graph_def.node, *functions) for node in nodes):
            if "config_proto" in node.attr:
                options = ConfigProto.FromString(node.attr["config_proto"].s)
                options.graph_options.rewrite_options.disable_meta_optimizer = False
                node.attr["config_proto"].s = options.SerializeToString()
    file.write_bytes(model.SerializeToString())


def _queries(queries: list[str], turn: int, size: int) -> list[bytes]:
    return [queries[(turn + number) % len(queries)].encode() for number in range(size)]


def report(result: dict[str, Any]) -> str:
    """Format the figures as Markdown."""
    rows = [_row("loading, s", result["load_s"])]
    rows += [_row(f"{call}, ms", ms) for call, ms in result["ms"].items()]
    about = f"{result['products']:,} products, {result['clip']} CLIP in {result['precision']}"
    return "\n\n".join([about, table(["", "on", "off", "off, a tenth – nine tenths", "ratio"], rows)])


def _row(name: str, figures: dict[str, list[float]]) -> list[str]:
    on, off = figures["on"], figures["off"]
    spread = f"{percentile(off, 0.1):.1f} – {percentile(off, 0.9):.1f}"
    return [name, f"{statistics.median(on):.1f}", f"{statistics.median(off):.1f}", spread, f"{ratio(on, off):.2f}×"]

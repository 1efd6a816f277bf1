"""Benchmark of EmbeddingGen on Flink: one task manager bound to one core, and two bound to a core each.

    python -m benchmarks.engines [--products 4000 16000] [--rounds N] [--home .venv-flink] [--json FILE]

MiniLM encodes the whole texts of the sample's products in one process bound to one core (`direct`), and on clusters of
`deploy/flink/cluster.py`, by turns. The seconds of each product follow from the two numbers of products, and with them
the fixed cost of both jobs. The model of a larger catalogue is computed from these, not measured: it assumes that
workers do not slow each other down. The machine should have no other work, and two cores beside the job manager's.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.beam_engines import lay_out, run
from pipelines.beam.settings import BeamSettings, FlinkSettings
from vitrine.embeddings.settings import EncodingSettings
from vitrine.markdown import table
from vitrine.settings import override

ROOT: Final = Path(__file__).parents[1]
ENGINES: Final = {"direct, one core": 0, "Flink, one core": 1, "Flink, two cores": 2}
"""Task managers of each engine."""
FUTURE_PRODUCTS: Final = 10_000_000
FUTURE_WORKERS: Final = (8, 32, 128)
Seconds = dict[str, dict[int, list[float]]]


def measure(sizes: list[int], rounds: int, home: Path) -> Seconds:
    """Run every engine on every number of products, by turns; a cluster is made for each turn."""
    seconds: Seconds = {name: {size: [] for size in sizes} for name in ENGINES}
    for turn in range(rounds):
        for name, task_managers in ENGINES.items():
            Console(stderr=True).print(f"round {turn + 1} of {rounds}: {name} …")
            command = [sys.executable, "-m", __spec__.name, "--encode", *map(str, sizes)]
            if task_managers:
                launcher = [sys.executable, str(ROOT / "deploy/flink/cluster.py"), "--home", str(home), "--bind"]
                command = [*launcher, "--task-managers", str(task_managers), "--", *command]
            else:
                command = ["taskset", "--cpu-list", "0", *command]
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
            for size, found in zip(sizes, json.loads(done.stdout.splitlines()[-1]), strict=True):
                seconds[name][size].append(found)
    return seconds


def encode(sizes: list[int]) -> list[float]:
    """Encode each number of products once, on the cluster of the environment's variables or in this process."""
    cluster = override({}, (), os.environ, "VITRINE__BEAM__FLINK__")
    beam = BeamSettings(runner="flink", flink=FlinkSettings.model_validate(cluster)) if cluster else BeamSettings()
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        for size in sizes:
            settings = EncodingSettings(image_root="", shards=beam.flink.parallelism or 1)
            inputs = lay_out(Path(temporary, f"inputs {size}"), size)
            found.append(run(inputs, Path(temporary, f"outputs {size}"), beam, settings).clock)
    return found


def report(seconds: Seconds) -> str:
    """Format the figures, and the model of a large catalogue, as tables."""
    rows, rates, by_round = [], {}, {}
    for name, by_size in seconds.items():
        (few, small), (many, large) = ((size, statistics.median(runs)) for size, runs in sorted(by_size.items()))
        rates[name] = (large - small) / (many - few)
        by_round[name] = [after - before for before, after in zip(by_size[few], by_size[many], strict=True)]
        rows.append(
            [name, f"{small:.1f}", f"{large:.1f}", f"{1 / rates[name]:.0f}", f"{small - few * rates[name]:.0f}"]
        )
    sizes = [f"{size:,} products, s" for size in sorted(next(iter(seconds.values())))]
    single, double = rates["Flink, one core"], rates["Flink, two cores"]
    gains = zip(by_round["Flink, one core"], by_round["Flink, two cores"], strict=True)
    ratios = [by_single / by_double for by_single, by_double in gains]
    by_rounds = f"{min(ratios):.2f} to {max(ratios):.2f}"
    future = [
        [f"{workers}", f"{FUTURE_PRODUCTS * single / workers / 3600:.1f}", f"{FUTURE_PRODUCTS * single / 3600:.0f}"]
        for workers in FUTURE_WORKERS
    ]
    return "\n\n".join(
        [
            table(["", *sizes, "products a second", "fixed cost, s"], rows),
            f"two cores are {single / double:.2f} times as fast as one, beside the fixed cost; by round {by_rounds}",
            table([f"workers for {FUTURE_PRODUCTS:,} products (computed)", "hours", "core-hours"], future),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, nargs=2, default=[4000, 16000], metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--home", type=Path, default=ROOT / ".venv-flink", help="the folder of `make flink-parts`")
    parser.add_argument("--json", type=Path, help="write the seconds of each run here as well")
    parser.add_argument("--encode", type=int, nargs=2, metavar="N", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.encode:
        print(json.dumps(encode(arguments.encode)))
        return
    seconds = measure(arguments.products, arguments.rounds, arguments.home)
    Console().print(report(seconds), soft_wrap=True)
    Console().print(f"load at the end: {os.getloadavg()[0]:.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(seconds, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()

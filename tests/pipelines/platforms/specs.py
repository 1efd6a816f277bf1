"""Compiled pipelines for tests; `python -m tests.pipelines.platforms.specs` rewrites the golden files.

All settings of the platforms are set. The code stamps, which change with every line of code, are left out.
"""

import re
import tempfile
from itertools import product
from pathlib import Path
from typing import get_args

from pipelines.kinds import Kind, pipeline_name
from pipelines.platform_settings import Runner
from pipelines.settings import RunSettings, load_run_settings

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"
SETTINGS = (
    "data.dir=gs://bucket/data",
    "platform.image=registry.example/vitrine/pipeline:1.0",
    "platform.root=gs://bucket/vitrine",
    "platform.labels={team: search}",
    "platform.resources.default={cpu: 4, memory: 16G}",
    "platform.resources.EmbeddingGen={memory: 32Gi, accelerator: NVIDIA_TESLA_T4}",
    "platform.resources.ClipTrainer={cpu: 8, accelerator: NVIDIA_TESLA_T4, accelerators: 2}",
    "platform.resources.ClipTrainer.image=registry.example/vitrine/cuda:1.0",
    "platform.vertex.project=shop",
    "platform.vertex.endpoint={name: product-search, image: registry.example/serving:1}",
)
SUFFIXES: dict[Runner, str] = {"kubeflow": "yaml", "vertex": "json"}

STAMP = re.compile(r'("?(?:code|modules)"?:[{\s]*"?runtimeValue"?:[{\s]*"?constant"?: ).*')
"""The line of a code stamp, in JSON or YAML."""


def run_settings(*assignments: str) -> RunSettings:
    """Return the sample's settings with all of `SETTINGS`, and `assignments` over them."""
    return load_run_settings(ROOT / "configs" / "sample.yaml", [*SETTINGS, *assignments])


def text(path: Path) -> str:
    """Return a compiled file without the code stamps."""
    return STAMP.sub(r'\g<1>"…"', path.read_text(encoding="utf-8"))


def golden(runner: Runner, kind: Kind) -> Path:
    """Return the golden file of a compiled pipeline."""
    return GOLDEN / f"{pipeline_name(runner, kind)}.{SUFFIXES[runner]}"


def compiled_text(runner: Runner, kind: Kind) -> str:
    """Return the output of `vitrine compile` for `runner`, without the code stamps."""
    from pipelines.platforms.compiler import compile_pipeline

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, golden(runner, kind).name)
        compile_pipeline(run_settings(), runner, kind).write(path, runner)
        return text(path)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each_runner, each_kind in product(get_args(Runner), get_args(Kind)):
        golden(each_runner, each_kind).write_text(compiled_text(each_runner, each_kind), encoding="utf-8")

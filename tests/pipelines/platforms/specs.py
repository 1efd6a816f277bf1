"""Compiled pipelines for tests; `python -m tests.pipelines.platforms.specs` rewrites the golden files.

All settings of the platforms are set. The code stamps, which change with every line of code, are left out.
"""

import re
import tempfile
from pathlib import Path

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
FILES: dict[Runner, str] = {"kubeflow": "kubeflow.yaml", "vertex": "vertex.json"}

STAMP = re.compile(r'("?(?:code|modules)"?:[{\s]*"?runtimeValue"?:[{\s]*"?constant"?: ).*')
"""The line of a code stamp, in JSON or YAML."""


def run_settings(*assignments: str) -> RunSettings:
    """Return the sample's settings with all of `SETTINGS`, and `assignments` over them."""
    return load_run_settings(ROOT / "configs" / "sample.yaml", [*SETTINGS, *assignments])


def text(path: Path) -> str:
    """Return a compiled file without the code stamps."""
    return STAMP.sub(r'\g<1>"…"', path.read_text(encoding="utf-8"))


def compiled_text(runner: Runner) -> str:
    """Return the output of `vitrine compile` for `runner`, without the code stamps."""
    from pipelines.platforms.compiler import compile_pipeline

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, FILES[runner])
        compile_pipeline(run_settings(), runner).write(path, runner)
        return text(path)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for runner, name in FILES.items():
        (GOLDEN / name).write_text(compiled_text(runner), encoding="utf-8")

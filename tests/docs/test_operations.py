"""The commands of docs/OPERATIONS.md, run on the sample's run and on fake platforms."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cli.main import cli
from tests.conftest import PROGRAM, ROOT, SampleRun, environment
from tests.pipelines.platforms import kfp_server, vertex_server
from tests.waiting import HANG_SECONDS

OPERATIONS = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
STABLE, CANARY = "1795226611", "1795231907"
"""The versions in the examples of the page."""


def section(heading: str) -> list[tuple[str, str]]:
    """Return the code blocks of a section, each with its language."""
    text = OPERATIONS.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run_line(line: str, folder: Path, versions: dict[str, str], *options: str) -> str:
    """Run a line of a block, and return its output."""
    for shown, real in versions.items():
        line = line.replace(shown, real)
    _, *arguments = shlex.split(line, comments=True)
    done = subprocess.run(
        [*PROGRAM, *arguments, *options],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr)
    return done.stdout


def test_runs_and_lineage_are_printed_as_the_page_says(sample_run: SampleRun, tmp_path: Path) -> None:
    (version,) = [path.name for path in (sample_run.serving / "product_search").iterdir()]
    ((_, block),) = section("Runs and lineage")
    output = ("--output", str(sample_run.output))
    runs, tree, tree_with_graph = (run_line(line, tmp_path, {STABLE: version}, *output) for line in block.splitlines())
    assert version in runs
    assert tree == tree_with_graph
    assert "CatalogueExampleGen #" in tree
    assert "EmbeddingGen #" in (tmp_path / "lineage.svg").read_text(encoding="utf-8")


def test_a_version_is_released_as_the_page_says(sample_run: SampleRun, tmp_path: Path) -> None:
    ((_, config), (_, serve), (_, release)) = section("Releases")
    model = shutil.copytree(sample_run.serving / "product_search", tmp_path / "product_search")
    (version,) = [path.name for path in model.iterdir()]
    other = str(int(version) + 1)
    shutil.copytree(model / version, model / other)
    file = tmp_path / "models.config"
    file.write_text(config.replace("/srv/shop/serving", str(tmp_path)).replace(STABLE, version))
    _, *arguments = shlex.split(serve)
    process = subprocess.Popen(
        [*PROGRAM, *arguments, "--port", "0", "--grpc-port", "-1"],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        outputs = [
            run_line(line, tmp_path, {STABLE: version, CANARY: other}, "--server", url) for line in release.splitlines()
        ]
        assert outputs == [
            f"product_search: stable {version}\n",
            f"product_search: canary {other}, stable {version}\n",
            f"product_search: canary {other}, previous {version}, stable {other}\n",
            f"product_search: stable {version}\n",
        ]
    finally:
        process.terminate()
        process.wait(timeout=HANG_SECONDS)
        process.stdout.close()


def run_here(arguments: list[str]) -> str:
    """Run a command in this process, where TFX is loaded once for all commands, and return its output."""
    result = CliRunner().invoke(cli, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with the `configs/shop.yaml` of the page."""
    examples = [text for heading in ("Kubeflow and Vertex", "Beam engines") for text in blocks(heading, "yaml")]
    settings: dict[str, Any] = {}
    for example in examples:
        settings |= yaml.safe_load(example)
    settings["beam"]["runner"] = "direct"
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "shop.yaml").write_text(yaml.safe_dump(settings))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks(heading: str, language: str) -> list[str]:
    return [text for block_language, text in section(heading) if block_language == language]


def vitrine_lines(heading: str) -> list[list[str]]:
    """Return the arguments of each `vitrine` line of a section."""
    lines = "\n".join(blocks(heading, "sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("vitrine ")]


def test_a_pipeline_is_compiled_and_submitted_as_the_page_says(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_, vertex, *schedules = vitrine_lines("Kubeflow and Vertex")
    *_, dataflow = vitrine_lines("Beam engines")
    assert "nodes for vertex, in europe-docker.example/shop/vitrine-pipeline:1.0" in run_here(compile_)
    nodes = json.loads((shop / "pipeline.json").read_text())["pipelineSpec"]["root"]["dag"]["tasks"]
    assert {"ClipTrainer", "EmbeddingGen", "Pusher-vertex-endpoint"} <= nodes.keys()
    for line, beam in ((vertex, "FnApiRunner"), ([*dataflow, "--wait"], "DataflowRunner")):
        with vertex_server.served(vertex_server.VertexServer(shop, states=["SUCCEEDED"])) as server:
            monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(server.credentials))
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificate))
            assert ": succeeded\nhttps://" in run_here(
                [*line, "--set", f"platform.vertex.api_endpoint={server.endpoint}"]
            )
            (job,) = server.jobs.values()
            assert f"--runner={beam}" in json.dumps(job["pipelineSpec"])
    with kfp_server.served(kfp_server.KfpServer()) as server:
        monkeypatch.setenv("HOME", str(shop))  # where the SDK stores its context
        for schedule in schedules:
            assert "schedule " in run_here([*schedule, "--set", f"platform.kubeflow.host={server.url}"])
        crons = {each["display_name"]: each["trigger"]["cron_schedule"]["cron"] for each in server.schedules}
        assert crons == {"shop": "0 0 3 * * 0", "shop-refresh": "0 0 3 * * 1-6"}

"""The commands of docs/SERVING.md and of two sections of docs/OPERATIONS.md do what they say, on the sample's run."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.conftest import PROGRAM, ROOT, SampleRun, environment

TEXT = (ROOT / "docs" / "SERVING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Each `curl` of the shell blocks, with what is piped into it."""
    found: list[str] = []
    for language, block in BLOCKS:
        if language == "sh" and "curl" in block and "docker" not in block:
            # A line that begins with white space or with a closing brace goes on the one before.
            found += re.sub(r"\n(?=[ }])", "\x00", block.strip()).split("\n")
    return [one.replace("\x00", "\n") for one in found]


class Served(NamedTuple):
    rest: str
    grpc: str
    folder: Path


@pytest.fixture(scope="module")
def served(sample_run: SampleRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("docs")
    shutil.copy(sample_run.data / "images" / "p00001.png", folder / "mug.png")
    arguments = ["serve", "--serving", str(sample_run.serving), "--port", "0", "--grpc-port", "0"]
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        rest = re.search(r"http://(\S+)", process.stdout.readline())[1]
        grpc = process.stdout.readline().split()[-1]
        until_ready(rest)
        yield Served(rest, grpc, folder)
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def until_ready(address: str) -> None:
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport, timeout=60) as client:
        for _ in range(600):
            if client.get(f"http://{address}/ready").status_code == 200:
                return
    raise AssertionError("the gateway did not become ready")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("command", commands())
def test_a_curl_line_is_answered(served: Served, command: str) -> None:
    here = command.replace("localhost:8501", served.rest)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", here.replace("curl ", "curl -sS ")],
        cwd=served.folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if "--output" in command:
        assert (served.folder / "picture.png").stat().st_size > 100
        return
    answer = json.loads(done.stdout)
    assert "error" not in answer, done.stdout[:500]
    if ":predict" in command:
        assert answer.get("predictions") or answer.get("outputs")
    elif "predict" in command or "similar" in command:
        assert answer["results"], done.stdout[:500]


def test_there_are_curl_lines_for_every_kind_of_question() -> None:
    lines = "\n".join(commands())
    for path in (":predict", "/metadata", "/predict ", "/predict-image", "/products/", "/similar", "/models", "/ready"):
        assert path in lines, path


def test_the_python_of_the_grpc_example_runs(served: Served) -> None:
    (example,) = [block for language, block in BLOCKS if language == "python" and "grpc" in block]
    code = example.replace("localhost:8500", served.grpc)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert re.search(r"p\d{5}", done.stdout)


# Operations


OPERATIONS = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
STABLE, CANARY = "1795226611", "1795231907"
"""The versions that the page speaks of."""


def section(heading: str) -> list[tuple[str, str]]:
    """The blocks of code of a section, each with its language."""
    text = OPERATIONS.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def run_line(line: str, folder: Path, versions: dict[str, str], *options: str) -> str:
    """What a line of a block prints."""
    for shown, real in versions.items():
        line = line.replace(shown, real)
    _, *arguments = shlex.split(line, comments=True)
    done = subprocess.run(
        [*PROGRAM, *arguments, *options],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (line, done.stderr)
    return done.stdout


def test_runs_and_lineage_are_told_as_the_page_says(sample_run: SampleRun, tmp_path: Path) -> None:
    (version,) = [path.name for path in (sample_run.serving / "product_search").iterdir()]
    ((_, block),) = section("Which runs there are, and what made a version")
    output = ("--output", str(sample_run.output))
    runs, tree, drawn = (run_line(line, tmp_path, {STABLE: version}, *output) for line in block.splitlines())
    assert version in runs
    assert tree == drawn
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
        told = [
            run_line(line, tmp_path, {STABLE: version, CANARY: other}, "--server", url) for line in release.splitlines()
        ]
        assert told == [
            f"product_search: stable {version}\n",
            f"product_search: canary {other}, stable {version}\n",
            f"product_search: canary {other}, previous {version}, stable {other}\n",
            f"product_search: stable {version}\n",
        ]
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()

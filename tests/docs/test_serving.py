"""The commands of docs/SERVING.md, run on the sample's run."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.conftest import PROGRAM, ROOT, SampleRun, environment
from tests.waiting import HANG_SECONDS

TEXT = (ROOT / "docs" / "SERVING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Return each `curl` line of the shell blocks, with the commands that are piped into it."""
    lines: list[str] = []
    for language, block in BLOCKS:
        if language == "sh" and "curl" in block and "docker" not in block:
            # A line that begins with white space or a closing brace continues the line before.
            lines += re.sub(r"\n(?=[ }])", "\x00", block.strip()).split("\n")
    return [line.replace("\x00", "\n") for line in lines]


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
        wait_until_ready(rest)
        yield Served(rest, grpc, folder)
    finally:
        process.terminate()
        process.wait(timeout=HANG_SECONDS)
        process.stdout.close()


def wait_until_ready(address: str) -> None:
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport, timeout=HANG_SECONDS) as client:
        for _ in range(600):
            if client.get(f"http://{address}/ready").status_code == 200:
                return
    raise AssertionError("the gateway did not become ready")


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("command", commands())
def test_a_curl_line_is_answered(served: Served, command: str) -> None:
    local_command = command.replace("localhost:8501", served.rest)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", local_command.replace("curl ", "curl -sS ")],
        cwd=served.folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if "--output" in command:
        assert (served.folder / "image.png").stat().st_size > 100
        return
    answer = json.loads(done.stdout)
    assert "error" not in answer, done.stdout[:500]
    if ":predict" in command:
        assert answer.get("predictions") or answer.get("outputs")
    elif "predict" in command or "similar" in command:
        assert answer["results"], done.stdout[:500]


def test_there_are_curl_lines_for_every_kind_of_request() -> None:
    lines = "\n".join(commands())
    for path in (":predict", "/metadata", "/predict ", "/predict-image", "/products/", "/similar", "/models", "/ready"):
        assert path in lines, path


def test_the_python_of_the_grpc_example_runs(served: Served) -> None:
    (example,) = [block for language, block in BLOCKS if language == "python" and "grpc" in block]
    code = example.replace("localhost:8500", served.grpc)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert re.search(r"p\d{5}", done.stdout)

"""REST clients of other languages, as they come: Go's, Node's and curl's (Java's is in `test_upgrades`)."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.security.conftest import LIMITS, Server
from tests.waiting import HANG_SECONDS

CLIENTS = Path(__file__).parent / "clients"
PAUSE = f"{LIMITS.idle_seconds + 0.5:.1f}"
"""Seconds after which the server has closed an idle connection that a client keeps."""


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(program), reason=f"needs {program}")


def answers(command: list[str], folder: Path) -> list[str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line.strip()]


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}{server.path}"


@needs("node")
def test_the_clients_of_node_are_answered(server: Server, tmp_path: Path) -> None:
    command = ["node", str(CLIENTS / "search.mjs"), url(server), server.body.decode(), PAUSE]
    text = "\n".join(answers(command, tmp_path))
    assert text.count("red-mug") >= 4
    assert sum(line.startswith("200 ") for line in text.splitlines()) == 4


@needs("go")
def test_the_client_of_go_is_answered(server: Server, tmp_path: Path) -> None:
    program = tmp_path / "search"
    built = subprocess.run(
        ["go", "build", "-o", str(program), str(CLIENTS / "search.go")], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    lines = answers([str(program), url(server), server.body.decode(), PAUSE], tmp_path)
    assert [line[:4] for line in lines] == ["200 "] * 12
    assert all("red-mug" in line for line in lines)


@needs("curl")
@pytest.mark.parametrize(
    "options",
    [["--http2"], ["-H", "Expect: 100-continue"], ["-H", "Transfer-Encoding: chunked"], ["--compressed"]],
    ids=["h2c", "expect", "chunked", "compressed"],
)
def test_curl_is_answered(server: Server, options: list[str], tmp_path: Path) -> None:
    command = ["curl", "-sS", "--max-time", str(HANG_SECONDS), "-w", "\n%{http_code}", *options]
    command += ["-H", "content-type: application/json", "-d", server.body.decode(), url(server)]
    lines = answers(command, tmp_path)
    assert lines[-1] == "200"
    assert "red-mug" in "".join(lines)

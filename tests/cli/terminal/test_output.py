import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.terminal.output import output_to, quiet_tensorflow

PROGRAM = """
import os, pathlib, subprocess, sys
from cli.terminal.output import output_to

with output_to(pathlib.Path(sys.argv[1])) as console:
    print("from Python")
    print("a warning", file=sys.stderr)
    os.write(1, b"from C++\\n")
    os.write(2, b"an error from C++\\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    console.print("ours")
print("afterwards")
"""


def test_only_our_own_lines_reach_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    done = subprocess.run([sys.executable, "-c", PROGRAM, log], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ours\nafterwards\n", "")
    lines = log.read_text().splitlines()
    assert sorted(lines) == ["a warning", "an error from C++", "from C++", "from Python", "from a child"]


def test_the_log_of_an_earlier_run_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    log.write_text("earlier\n")
    with output_to(log):
        os.write(1, b"later\n")
    assert log.read_text() == "earlier\nlater\n"


def test_output_comes_back_whatever_happens(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with output_to(tmp_path / "run.log"):
            raise RuntimeError

    before = os.dup(1)
    os.close(before)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            fail()
    os.write(1, b"out\n")
    os.write(2, b"err\n")
    assert capfd.readouterr() == ("out\n", "err\n")
    after = os.dup(1)
    os.close(after)
    assert after == before  # the lowest free descriptor: none was left open


def test_notices_are_shown_when_tensorflow_does_not_start(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = "import os\nos.write(2, b'no such library\\n')\nraise ImportError('broken')\n"
    (tmp_path / "tensorflow.py").write_text(broken)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(ImportError, match="broken"):
        quiet_tensorflow()
    assert capfd.readouterr().err == "no such library\n"


def test_notices_are_not_shown_when_the_start_is_interrupted(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tensorflow.py").write_text("import os\nos.write(2, b'notice\\n')\nraise KeyboardInterrupt\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(KeyboardInterrupt):
        quiet_tensorflow()
    assert capfd.readouterr().err == ""

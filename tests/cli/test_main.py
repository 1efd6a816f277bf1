import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import vitrine
from cli.main import COMMANDS, cli
from tests.cli.interrupts import enable_interrupts
from tests.waiting import HANG_SECONDS, wait_until

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from cli.main import main; main()"]
HEAVY = {
    "apache_beam", "faiss", "feast", "keras", "keras_hub", "mlflow", "numpy", "pandas", "pyarrow", "sklearn",
    "tensorflow", "tensorflow_text", "tfx", "torch", "transformers",
}  # fmt: skip
HELP = [[], *([name] for name in COMMANDS)]


def name(arguments: list[str]) -> str:
    return arguments[0] if arguments else "vitrine"


def cpu_seconds(arguments: list[str]) -> float:
    """Return the user and system time of a process, which does not depend on the load of the machine."""
    with Path(os.devnull).open("w") as nothing:
        process = subprocess.Popen([*PROGRAM, *arguments], cwd=ROOT, stdout=nothing)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("arguments", HELP, ids=name)
def test_help_comes_within_half_a_second(arguments: list[str]) -> None:
    times = sorted(cpu_seconds([*arguments, "--help"]) for _ in range(5))
    assert times[2] < 0.5, times


@pytest.mark.parametrize("arguments", HELP, ids=name)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    command = [sys.executable, "-X", "importtime", *PROGRAM[1:], *arguments, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {module.split(".")[0] for module in re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)}
    assert "click" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_listed_and_has_a_help_text(command: str) -> None:
    listed = CliRunner().invoke(cli, ["--help"]).output
    assert re.search(rf"^  {command} +\S", listed, re.MULTILINE)
    help_text = CliRunner().invoke(cli, [command, "-h"])
    assert help_text.exit_code == 0
    assert help_text.output.startswith(f"Usage: cli {command} ")


def test_an_interrupted_command_says_so_in_a_line(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "sample", "--products", "100000", "--output", str(tmp_path / "sample")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=enable_interrupts,
    )  # fmt: skip
    wait_until((tmp_path / "sample" / ".unfinished").is_dir)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=HANG_SECONDS)
    assert (process.returncode, printed) == (130, "")
    assert errors.endswith("\ninterrupted\n")
    assert "Traceback" not in errors


def test_the_version_is_the_packages() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"vitrine, version {vitrine.__version__}\n"


def test_an_unknown_command_is_bad_usage() -> None:
    result = CliRunner().invoke(cli, ["fly"])
    assert result.exit_code == 2
    assert "No such command 'fly'" in result.output


def test_an_error_is_one_line_and_no_traceback(vitrine) -> None:
    done = vitrine("report", "--run", "runs/none-such")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("error: runs/none-such/report.md: no report there; `vitrine run` writes one when it ends\n")

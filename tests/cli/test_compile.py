import pytest

from tests.pipelines.specs import SETTINGS


@pytest.mark.parametrize("command", ["compile", "submit"])
def test_the_beam_runner_is_checked_before_anything_is_loaded(vitrine, command: str) -> None:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    chosen = ("--config", "configs/sample.yaml", *settings, "--runner", "vertex", "--beam-runner", "flink")
    done = vitrine(command, *chosen, timeout=20)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: beam.flink.job_server: missing; give it")

from pathlib import Path

from tests.conftest import Vitrine


def test_without_a_run_it_says_how_to_make_one(vitrine: Vitrine, tmp_path: Path) -> None:
    done = vitrine("benchmark", "--config", "configs/sample.yaml", "--run", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {tmp_path / 'none'}: no run there; `vitrine run --config configs/sample.yaml` makes one\n"
    )


def test_an_unknown_setting_is_named(vitrine: Vitrine) -> None:
    done = vitrine("benchmark", "--config", "configs/sample.yaml", "--set", "benchmark.depth=3")
    assert done.returncode == 2
    assert (
        "benchmark.depth: unknown key; known here: candidates, cross_encoder, first_lesson, rrf_k, sentence"
        in done.stderr
    )


def test_encoders_are_not_compared_beside_rankings(vitrine: Vitrine) -> None:
    done = vitrine("benchmark", "--config", "configs/sample.yaml", "--encoders", "run", "--published")
    assert done.returncode == 2
    assert "--encoders compares encoders only: leave out --cross-encoder and --published" in done.stderr

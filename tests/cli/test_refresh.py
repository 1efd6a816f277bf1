from pathlib import Path

from tests.pipelines.metadata.stores import Metadata


def config(folder: Path) -> Path:
    (folder / "data").mkdir()
    path = folder / "shop.yaml"
    path.write_text(f"data:\n  dir: {folder / 'data'}\n", encoding="utf-8")
    return path


def test_without_a_run_the_error_is_one_line_and_no_folder_is_made(vitrine, tmp_path: Path) -> None:
    output = tmp_path / "runs" / "shop"
    done = vitrine("refresh", "--config", config(tmp_path), "--output", output)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {output}: no run there, whose model a catalogue run takes; `vitrine run` makes one\n"
    assert not output.exists()


def test_without_a_blessed_model_nothing_starts(vitrine, tmp_path: Path) -> None:
    output = tmp_path / "run"
    output.mkdir()
    Metadata(output / "metadata.db")
    done = vitrine("refresh", "--config", config(tmp_path), "--output", output)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: no run has a blessed model, whose encoder and classifier a catalogue run takes; `vitrine run` makes one"
    ]
    assert not (output / "artifacts").exists()

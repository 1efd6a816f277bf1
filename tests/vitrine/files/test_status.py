from pathlib import Path

from vitrine.files.replacing import write_text
from vitrine.files.status import ABSENT, file_status


def test_a_file_that_is_written_again_has_another_state(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    assert file_status(path) == ABSENT
    write_text(path, "one")
    first = file_status(path)
    assert first == file_status(path) != ABSENT
    write_text(path, "two")
    assert file_status(path) != first

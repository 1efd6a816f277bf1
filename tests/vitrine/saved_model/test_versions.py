from pathlib import Path

from vitrine.saved_model.versions import directories, find_versions, numbered_directories


def test_versions_are_numbered_directories_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("10", "9", "1700000000", ".11.incomplete", "12.tmp", "latest", "-1", "1.5", "²", "٣", str(2**63)):
        (tmp_path / name).mkdir()
    (tmp_path / "13").touch()
    assert list(numbered_directories(tmp_path)) == [9, 10, 1_700_000_000]
    assert numbered_directories(tmp_path)[10] == tmp_path / "10"


def test_a_version_of_a_model_has_a_saved_model(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    (tmp_path / "2" / "saved_model.pb").touch()
    assert find_versions(tmp_path) == {2: tmp_path / "2"}


def test_where_nothing_can_be_read_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for parent in (tmp_path / "none", tmp_path / "file"):
        assert (find_versions(parent), numbered_directories(parent), directories(parent)) == ({}, {}, [])

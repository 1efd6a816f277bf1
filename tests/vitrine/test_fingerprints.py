import os
from pathlib import Path

import pytest

from vitrine import fingerprints
from vitrine.fingerprints import digest, file_fingerprint, file_state, files_fingerprint


def test_a_file_is_known_by_its_content_alone(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    before = file_fingerprint(file)
    os.utime(file, ns=(1, 1))
    assert file_fingerprint(file) == before
    status = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file_fingerprint(file) != before


def test_a_link_is_known_by_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "link").symlink_to("a")
    assert file_fingerprint(tmp_path / "link") == file_fingerprint(tmp_path / "a")
    assert file_fingerprint(tmp_path / "nowhere") == "absent"


def test_a_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "CONTENT_LIMIT", 2)
    file = tmp_path / "a"
    file.write_bytes(b"one")
    before = file_fingerprint(file)
    assert file_fingerprint(file) == before
    os.utime(file, ns=(1, 1))
    assert file_fingerprint(file) != before


def test_files_are_known_by_their_names_below_the_folder(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        for name in ("a", "b"):
            (tmp_path / folder / name).write_text(name)
    first, second = ([tmp_path / folder / name for name in ("a", "b")] for folder in ("one", "two"))
    assert files_fingerprint(tmp_path / "one", first) == files_fingerprint(tmp_path / "two", reversed(second))
    before = files_fingerprint(tmp_path / "one", first)
    (tmp_path / "one" / "a").rename(tmp_path / "one" / "c")
    assert files_fingerprint(tmp_path / "one", [tmp_path / "one" / "b", tmp_path / "one" / "c"]) != before


def test_a_state_changes_with_size_and_time_and_where_a_link_leads(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"one")
        os.utime(tmp_path / name, ns=(1, 1))
    link = tmp_path / "link"
    link.symlink_to("a")
    seen = {file_state(str(link)), file_state(str(tmp_path / "a"))}
    link.unlink()
    link.symlink_to("b")
    seen.add(file_state(str(link)))
    (tmp_path / "b").write_bytes(b"three")
    seen.add(file_state(str(link)))
    os.utime(tmp_path / "b", ns=(1, 1))
    seen.add(file_state(str(link)))
    (tmp_path / "b").unlink()
    assert file_state(str(link)) == "absent"
    assert len(seen) == 5


def test_a_digest_knows_where_its_parts_end() -> None:
    assert digest("a", "b") != digest("ab")
    assert digest("\udcff")  # names of files that are not UTF-8

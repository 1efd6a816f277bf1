import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vitrine.errors import DataError
from vitrine.judging.label_cache import label_cache

MUG = {"title": "Red mug"}
LAMP = {"title": "Lamp"}


@contextmanager
def limited_files(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with label_cache(tmp_path / "labels.jsonl", "small") as cache:
        cache.add("mug", [(MUG, "E"), (LAMP, "I")])
    return tmp_path / "labels.jsonl"


def labels(path: Path) -> list[str | None]:
    with label_cache(path, "small") as cache:
        return [cache.get("mug", product) for product in (MUG, LAMP)]


def test_labels_are_read_again(path):
    before = path.read_bytes()
    assert labels(path) == ["E", "I"]
    assert path.read_bytes() == before


@pytest.mark.parametrize("kept", [1, 5, 30])
def test_a_last_line_that_was_cut_is_removed(path, kept):
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    assert labels(path) == ["E", None]
    assert path.read_bytes() == first
    path.write_bytes(first[:kept])
    assert labels(path) == [None, None]
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "content",
    [
        b"product_id,title\n1,mug\n",
        b"one line without an end",
        b'{"base_url": "https://models.example"}',
        b'{"query": "mug", "label": "E"}\n',
        b'["key", "label"]\n',
        b"PK\x03\x04\xff\n\xfe",
        b"[" * 100_000 + b"\n",
        b"\n",
    ],
)
def test_another_file_is_refused_and_stays_as_it_is(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"other: not a file of labels; name another with --cache$"):
        labels(path)
    assert path.read_bytes() == content


def test_a_damaged_line_is_refused_and_the_labels_after_it_stay(path):
    first, second = path.read_bytes().splitlines(keepends=True)
    damaged = first[:20] + b"\n" + second
    path.write_bytes(damaged)
    with pytest.raises(DataError, match="not a file of labels"):
        labels(path)
    assert path.read_bytes() == damaged


def test_a_full_disk_is_one_line_and_what_was_written_is_kept(path):
    size = path.stat().st_size
    with limited_files(size + 10), pytest.raises(DataError, match=r"labels.jsonl: File too large; .* continues$"):  # noqa: SIM117
        with label_cache(path, "small") as cache:
            cache.add("lamp", [(LAMP, "E")])
    assert labels(path) == ["E", "I"]
    assert [json.loads(line)["label"] for line in path.read_text().splitlines()] == ["E", "I"]

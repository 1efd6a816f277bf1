import gzip

import pytest

from vitrine.data.formats import gzip_reading
from vitrine.errors import DataError


def test_lines_come_without_their_ends(tmp_path):
    path = tmp_path / "lines.gz"
    path.write_bytes(gzip.compress(b"a\r\n\nb"))
    assert list(gzip_reading.lines(path)) == [b"a", b"", b"b"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-20], r"cut off after line \d+; download the file again"),
        (lambda _: b"plain text", r"damaged after line 0: Not a gzipped file"),
        (lambda data: data[:300] + bytes(100) + data[400:], r"damaged after line \d+: "),
        (lambda data: data[:-8] + bytes(8), r"damaged after line \d+: CRC check failed"),
    ],
)
def test_damage_is_one_line(tmp_path, damage, message):
    path = tmp_path / "lines.gz"
    path.write_bytes(damage(gzip.compress(b"".join(b"line %d\n" % number for number in range(1000)))))
    with pytest.raises(DataError, match=message):
        list(gzip_reading.lines(path))


def test_a_line_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(gzip_reading, "MAX_LINE_BYTES", 1 << 20)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"a\n" + bytes(2 << 20)))
    with pytest.raises(DataError, match=r"bomb.gz:2: the line is longer than 1 MB"):
        list(gzip_reading.lines(path))


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"absent.gz: No such file"):
        list(gzip_reading.lines(tmp_path / "absent.gz"))

"""A run whose processes are killed while EmbeddingGen encodes, and the same command again."""

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pytest

from components.embedding_gen.encode import ROWS
from components.embedding_gen.parts import read_part
from tests.conftest import PROGRAM, environment, log_end
from tests.waiting import wait_until
from vitrine.data.contract.files import read_catalogue, write_catalogue

PRODUCTS = 3 * ROWS


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, tiny_config: Path, tiny_data: Path) -> list[str]:
    """A run of more products than are encoded at a time, of which the title is encoded."""
    data = tmp_path_factory.mktemp("encoding")
    known = read_catalogue(tiny_data).select(["product_id", "title"]).to_pylist()
    more = [{"product_id": f"more-{number}", "title": f"lamp {number}"} for number in range(PRODUCTS - len(known))]
    write_catalogue(data, pa.Table.from_pylist([*known, *more]))
    (data / "judgements").symlink_to(tiny_data / "judgements")
    settings = ("--set", f"data.dir={data}", "--set", "embedding.text_fields=[title]")
    return [*PROGRAM, "run", "--config", str(tiny_config), "--output", str(data / "run"), *settings]


@contextmanager
def started(command: list[str], printed: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a command in a process group of its own, which is killed in the end, with all that it has started."""
    with printed.open("wb") as file:
        process = subprocess.Popen(
            command, env=environment(), stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_run_that_was_killed_while_it_encoded_encodes_the_rest(command: list[str], tmp_path: Path) -> None:
    output = Path(command[command.index("--output") + 1])
    first, second = tmp_path / "first", tmp_path / "second"
    with started(command, first) as process:
        wait_until(
            lambda: process.poll() is not None or rows_kept(output), lambda: f"{first.read_text()}\n{log_end(output)}"
        )
    kept = rows_kept(output)
    assert 0 < kept < PRODUCTS, f"{first.read_text()}\n{log_end(output)}"
    with started(command, second) as process:
        text = text_of(second)
        wait_until(
            lambda: process.poll() is not None or "✓ EmbeddingGen" in text(), lambda: f"{text()}\n{log_end(output)}"
        )
    found = re.search(r"([\d,]+) products: ([\d,]+) vectors encoded, ([\d,]+) vectors taken from earlier runs", text())
    assert found, f"{text()}\n{log_end(output)}"
    products, encoded, reused = (int(number.replace(",", "")) for number in found.groups())
    assert (products, reused, encoded) == (PRODUCTS, kept, PRODUCTS - kept)


def rows_kept(output: Path) -> int:
    """Return the number of encoded products on the disk."""
    parts = output.glob("artifacts/encoded/*/*/products-*.arrows")
    return sum(batch.num_rows for part in parts for batch in read_part(str(part)))


def text_of(printed: Path) -> Callable[[], str]:
    """Return a function that returns what was printed so far, in one line."""
    return lambda: " ".join(printed.read_text().split())

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow as tf
from apache_beam.io.filesystems import FileSystems

from components.embedding_gen.files import count_rows, local_copy, write_parquet
from tests.ram_bucket import BUCKET


@pytest.fixture
def bucket() -> str:
    """A folder in the bucket with a nested file."""
    tf.io.gfile.makedirs(f"{BUCKET}/files/checkpoint/1_Pooling")  # files outside a folder are not listed
    with tf.io.gfile.GFile(f"{BUCKET}/files/checkpoint/1_Pooling/config.json.gz", "w") as file:
        file.write("{}")
    return f"{BUCKET}/files/checkpoint"


def test_a_directory_is_its_own_copy(tmp_path: Path) -> None:
    assert local_copy(str(tmp_path)) == tmp_path


def test_a_buckets_folder_is_copied_once_for_all_threads(bucket: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        (copy,) = set(threads.map(local_copy, [bucket] * 8))
    assert (copy / "1_Pooling" / "config.json.gz").read_text() == "{}"  # not decompressed, despite its name


@pytest.mark.parametrize("where", ["disk", "bucket"])
def test_only_rows_of_parquet_files_are_counted(where: str, tmp_path: Path) -> None:
    folder = str(tmp_path) if where == "disk" else f"{BUCKET}/files/{tmp_path.name}"
    for number, rows in enumerate((2, 3)):
        write_parquet(pa.table({"id": range(rows)}), f"{folder}/part-{number}.parquet", compression="zstd")
    with FileSystems.create(f"{folder}/_undecodable.json") as file:
        file.write(b"{}")
    assert count_rows(folder) == 5

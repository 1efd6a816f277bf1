from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tensorflow as tf

from components.worker_files import local_copy, local_file
from tests.ram_bucket import BUCKET


@pytest.fixture(scope="module")
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


def test_a_buckets_file_is_copied_and_a_file_is_its_own_copy(bucket: str, tmp_path: Path) -> None:
    copy = local_file(f"{bucket}/1_Pooling/config.json.gz")
    assert (copy.name, copy.read_text()) == ("config.json.gz", "{}")
    assert local_file(str(tmp_path / "file")) == tmp_path / "file"

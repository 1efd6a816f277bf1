import os
from pathlib import Path

import pytest

from vitrine.errors import ServeError
from vitrine.serving.batching.parameters import BatchingParameters, read_parameters


def read(tmp_path: Path, text: str) -> BatchingParameters:
    file = tmp_path / "batching.config"
    file.write_text(text)
    return read_parameters(file)


def test_what_the_file_does_not_name_is_tf_servings_default(tmp_path: Path) -> None:
    assert read(tmp_path, "") == BatchingParameters(1000, 0, 10, os.cpu_count() or 1, (), False)


def test_the_file_for_a_few_cores_is_read() -> None:
    assert read_parameters(Path("deploy/serving/batching.pbtxt")) == BatchingParameters(32, 2000, 100, 1)


def test_numbers_are_read_as_tf_serving_writes_them(tmp_path: Path) -> None:
    text = """
        max_batch_size { value: 128 }
        batch_timeout_micros { value: 500 }
        max_enqueued_batches { value: 100 }
        num_batch_threads { value: 8 }
        thread_pool_name { value: "batches" }
        allowed_batch_sizes: 32
        allowed_batch_sizes: 128
        pad_variable_length_inputs: true
    """
    assert read(tmp_path, text) == BatchingParameters(128, 500, 100, 8, (32, 128), True)


def test_with_splitting_a_batch_may_be_smaller_than_a_request(tmp_path: Path) -> None:
    text = "max_batch_size { value: 100 } enable_large_batch_splitting { value: true } "
    assert read(tmp_path, text).batch_rows == 100
    assert read(tmp_path, text + "max_execution_batch_size { value: 30 }").batch_rows == 30
    assert read(tmp_path, "max_batch_size { value: 100 } max_execution_batch_size { value: 30 }").batch_rows == 100


@pytest.mark.parametrize(("rows", "allowed"), [(1, 8), (8, 8), (9, 32), (32, 32)])
def test_a_batch_grows_to_the_next_allowed_size(rows: int, allowed: int) -> None:
    assert BatchingParameters(32, allowed_batch_sizes=(8, 32)).allowed(rows) == allowed
    assert BatchingParameters().allowed(rows) == rows


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\nmax_batch: 3", ':2: Message type "tensorflow.serving.BatchingParameters" has no field named "max_batch".'),
        ("max_batch_size: 3", ":1: "),
        ("max_batch_size { value: 0 }", ": max_batch_size must be at least 1, and is 0"),
        ("num_batch_threads { value: 0 }", ": num_batch_threads must be at least 1, and is 0"),
        ("max_enqueued_batches { value: -1 }", ": max_enqueued_batches must be at least 1, and is -1"),
        ("batch_timeout_micros { value: -1 }", ": batch_timeout_micros must be at least 0, and is -1"),
        ("allowed_batch_sizes: [8, 4]", ": allowed_batch_sizes must be positive and ascending, and are 8, 4"),
        ("allowed_batch_sizes: [0, 1000]", ": allowed_batch_sizes must be positive and ascending, and are 0, 1000"),
        (
            "allowed_batch_sizes: [4, 8]",
            ": the last of allowed_batch_sizes must be the largest batch, 1000, and is 8",
        ),
        (
            "max_batch_size { value: 8 } max_execution_batch_size { value: 9 }",
            ": max_execution_batch_size must be at most max_batch_size (8), and is 9",
        ),
    ],
)
def test_a_bad_file_is_told_by_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ServeError) as raised:
        read(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'batching.config'}{fault}")

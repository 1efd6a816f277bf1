import pytest
from tfx.utils import path_utils

from pipelines import benchmark
from pipelines.run_directory import RunDirectory
from pipelines.settings import load_run_settings
from vitrine.errors import DataError


def test_models_are_where_tfx_puts_them() -> None:
    assert path_utils.serving_model_path("artifact") == f"artifact/{benchmark.SERVING}"


def test_a_run_without_vectors_is_refused(tmp_path) -> None:
    from pathlib import Path

    with pytest.raises(DataError, match="no run has completed EmbeddingGen; `vitrine run` must finish first"):
        benchmark.run_benchmark(load_run_settings(Path("configs/sample.yaml")), RunDirectory(tmp_path))

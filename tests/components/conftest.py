from collections.abc import Iterator

import pytest

from pipelines.beam.late_workers import terminate_late_workers


@pytest.fixture(autouse=True)
def _terminate_late_workers() -> Iterator[None]:
    """Terminate late workers, as a run does: with little data, workers may register after the pipeline has finished."""
    with terminate_late_workers():
        yield

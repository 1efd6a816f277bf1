from collections.abc import Iterator

import pytest

from pipelines.beam.late_workers import terminate_late_workers


@pytest.fixture(autouse=True)
def _terminate_late_workers() -> Iterator[None]:
    """As in a run: with little data, worker processes may come when the work is done."""
    with terminate_late_workers():
        yield

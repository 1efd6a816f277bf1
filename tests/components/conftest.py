from collections.abc import Iterator

import pytest

from pipelines.beam.late_workers import late_workers_sent_home


@pytest.fixture(autouse=True)
def _late_workers_sent_home() -> Iterator[None]:
    """As in a run: with little data, worker processes may come when the work is done."""
    with late_workers_sent_home():
        yield

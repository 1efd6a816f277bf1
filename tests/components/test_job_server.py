"""Jobs on Flink and Spark, with Beam's own job server in their place: it speaks the same protocol."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.local_job_service import LocalJobServicer

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.settings import BeamSettings, ClusterSettings
from pipelines.run_directory import plain_error
from tests.components.test_csv_example_gen import ingest, plain
from tests.conftest import ROOT
from tests.ports import free_port
from tests.waiting import HANG_SECONDS
from vitrine.errors import DataError


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[str]]:
    """Beam's arguments for a job server and a pool of workers in other processes."""
    port = free_port()
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={port}"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where the pool finds `python` for its workers
    pool = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PATH": path})
    while not listening(port):
        assert pool.poll() is None
        time.sleep(0.1)
    servicer = LocalJobServicer()
    job_server = f"localhost:{servicer.start_grpc_server()}"
    try:
        settings = ClusterSettings(job_server=job_server, worker_pool=f"localhost:{port}")
        yield beam_arguments(BeamSettings(runner="spark", spark=settings))
    finally:
        servicer.stop()
        pool.terminate()
        pool.wait(timeout=HANG_SECONDS)


def listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_a_job_is_submitted_to_running_workers(cluster: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("product_id,title\n007,Mug\n8,Bowl\n", encoding="utf-8")
    examples = ingest(tmp_path, {"products": "*.csv"}, cluster)
    rows = sorted((plain(example) for example in examples["products"]), key=lambda row: str(row["product_id"]))
    assert rows == [{"product_id": "007", "title": "Mug"}, {"product_id": "8", "title": "Bowl"}]


def test_an_error_of_a_worker_comes_back_as_one_line(cluster: list[str]) -> None:
    class Refuse(beam.DoFn):
        def process(self, element: int):
            raise DataError(f"row {element}: not a number")

    failed = pytest.raises(Exception, match="failed in state FAILED")
    with failed as caught, beam.Pipeline(argv=cluster) as pipeline:
        _ = pipeline | beam.Create([7]) | beam.ParDo(Refuse())
    error = plain_error(caught.value)
    assert type(error) is DataError
    assert str(error) == "row 7: not a number"

"""Nodes, failures and the ends of clients, on a real Flink cluster of two hosts."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import apache_beam as beam
import pytest
import tensorflow_data_validation as tfdv
from tfx.components.statistics_gen.executor import Executor as StatisticsGenExecutor
from tfx.types import artifact_utils, standard_artifacts

from pipelines.beam.flink.preflight import probe_workers, require_cluster
from pipelines.run_directory import plain_error
from tests.cli.interrupts import enable_interrupts
from tests.components.embedding_gen.test_executor import DIRECT, assert_same
from tests.components.embedding_run import prepare
from tests.components.test_csv_example_gen import ingest, plain
from tests.conftest import ROOT
from tests.pipelines.beam.flink.conftest import Cluster
from tests.waiting import wait_until
from vitrine.errors import ConfigError, DataError, EngineError

COPIES = 40
ROWS = "".join(f"{n},mug {n}\n" for n in range(100))
SECOND_HOST = "10.77.0.3"


def rows(folder: Path, arguments: list[str]) -> list[dict[str, object]]:
    folder.mkdir()
    (folder / "a.csv").write_text(f"product_id,title\n{ROWS}", encoding="utf-8")
    examples = ingest(folder, {"products": "*.csv"}, arguments)["products"]
    return sorted((plain(example) for example in examples), key=lambda row: str(row["product_id"]))


def statistics(folder: Path, arguments: list[str]) -> object:
    """Return the statistics of the examples that `rows` left in a folder."""
    examples, output = standard_artifacts.Examples(), standard_artifacts.ExampleStatistics()
    examples.uri, output.uri = str(folder / "examples"), str(folder / "statistics")
    examples.split_names = artifact_utils.encode_split_names(["products"])
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    executor = StatisticsGenExecutor(StatisticsGenExecutor.Context(beam_pipeline_args=arguments))
    executor.Do({"examples": [examples]}, {"statistics": [output]}, {"exclude_splits": "[]"})
    return tfdv.load_stats_binary(str(folder / "statistics/Split-products/FeatureStats.pb"))


def test_examples_and_their_statistics_are_those_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    assert rows(tmp_path / "flink", cluster.arguments("rows")) == rows(tmp_path / "direct", DIRECT)
    found, expected = (
        statistics(tmp_path / name, arguments)
        for name, arguments in (("flink", cluster.arguments("statistics")), ("direct", DIRECT))
    )
    (found,), (expected,) = found.datasets, expected.datasets
    assert found.num_examples == expected.num_examples == 100
    for feature, expected_feature in zip(
        *(sorted(dataset.features, key=lambda feature: feature.path.step[0]) for dataset in (found, expected)),
        strict=True,
    ):
        assert feature.string_stats.unique == expected_feature.string_stats.unique == 100
        assert feature.string_stats.common_stats == expected_feature.string_stats.common_stats


def test_both_task_managers_encode_and_the_vectors_are_those_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    direct = prepare(str(tmp_path / "direct"), copies=COPIES)
    outputs = prepare(str(tmp_path / "flink"), str(tmp_path / "direct/encoder"), COPIES)(
        cluster.arguments("embedding"), shards=2
    )
    assert_same(outputs, direct(DIRECT))
    console = cluster.console
    # The second job of that name joins; the first one is the one with the step that encodes products.
    jobs = console._get("/jobs/overview")["jobs"]
    vertices = [
        (job["jid"], vertex.id)
        for job in jobs
        if job["name"].startswith("embedding-")
        for vertex in console.job(job["jid"]).vertices
        if "Encode products" in vertex.name
    ]
    records = console.records_by_host(*vertices[0])
    assert len(records) == 2
    assert all(count > 0 for count in records.values())


def test_a_workers_data_error_is_one_line(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("product_id,title\n1,mug,blue\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"a.csv") as direct:
        ingest(tmp_path, {"products": "*.csv"}, DIRECT)
    with pytest.raises(DataError) as caught:
        ingest(tmp_path, {"products": "*.csv"}, cluster.arguments("broken"))
    assert str(caught.value) == str(plain_error(direct.value))


def test_a_missing_worker_pool_is_named_with_its_host(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        probe_workers(cluster.beam(worker_pool="localhost:50001"), (), tmp_path)
    message = str(caught.value)
    assert "no worker pool answers at beam.flink.worker_pool localhost:50001 on 10.77.0." in message
    assert "\n" not in message


def test_task_managers_that_share_a_pool_do_not_wait_for_ever(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        probe_workers(cluster.beam(stall_minutes=0.4, worker_pool="10.77.0.2:50000"), (), tmp_path)
    message = str(caught.value)
    assert "Each task manager needs a worker pool at 10.77.0.2:50000 of its own" in message
    assert message.endswith("cancelled after beam.stall_minutes")


def test_a_probe_passes_and_a_folder_that_workers_lack_is_named(cluster: Cluster, tmp_path: Path) -> None:
    probe_workers(cluster.beam(), (str(ROOT),), tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError, match=r"/no/data: no such folder for a worker on .*; mount it there"):
        probe_workers(cluster.beam(), ("/no/data",), tmp_path)


def test_the_slots_are_counted_before_a_run(cluster: Cluster) -> None:
    assert require_cluster(cluster.beam(parallelism=None)).flink.parallelism == 4
    with pytest.raises(EngineError, match=r"9 slots are asked for, and Flink at .* has 4 free of 4; lower it"):
        require_cluster(cluster.beam(parallelism=9))
    with pytest.raises(EngineError, match=r"beam.flink.console localhost:1: Flink's REST API does not answer"):
        require_cluster(cluster.beam(console="localhost:1"))
    with pytest.raises(EngineError, match=r"beam.flink.job_server localhost:1: cannot be reached: Connection refused"):
        require_cluster(cluster.beam(job_server="localhost:1"))


class Slow(beam.DoFn):
    """A step that takes long."""

    def process(self, element: int) -> None:
        time.sleep(2)


def slow_job(arguments: list[str]) -> None:
    with beam.Pipeline(argv=arguments) as pipeline:
        _ = pipeline | beam.Create(range(200)) | beam.Reshuffle() | beam.ParDo(Slow())


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_client_that_ends_early_cancels_its_job(cluster: Cluster, end: signal.Signals) -> None:
    code = f"from {__name__} import slow_job; slow_job({cluster.arguments(end.name)!r})"
    client = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, preexec_fn=enable_interrupts)
    console = cluster.console
    wait_until(lambda: cluster.job(end.name) and console.job(cluster.job(end.name)).count("running"))
    time.sleep(5)  # until the client has seen it as well
    client.send_signal(end)
    client.wait()
    wait_until(lambda: console.job(cluster.job(end.name)).state == "CANCELED")


def test_a_lost_task_manager_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    """The last test: the cluster has one host afterwards."""
    direct = prepare(str(tmp_path / "direct"), copies=COPIES)
    console, killed = cluster.console, threading.Event()

    def kill() -> None:
        def encodes() -> bool:
            job = cluster.job("lost")
            return bool(job) and any(
                "Encode products" in vertex.name and vertex.status == "RUNNING" for vertex in console.job(job).vertices
            )

        wait_until(encodes)
        os.kill(cluster.process(SECOND_HOST), signal.SIGKILL)
        killed.set()

    thread = threading.Thread(target=kill)
    thread.start()
    outputs = prepare(str(tmp_path / "flink"), str(tmp_path / "direct/encoder"), COPIES)(
        cluster.arguments("lost"), shards=2
    )
    thread.join()
    assert killed.is_set()
    assert console.task_managers() == {"10.77.0.2"}
    assert_same(outputs, direct(DIRECT))

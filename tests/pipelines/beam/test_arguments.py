import os

import pytest

from pipelines.beam.arguments import SPREAD, SUPERVISED_FLINK, beam_arguments, worker_count
from pipelines.beam.settings import BeamSettings
from tests.pipelines.platforms.specs import run_settings
from vitrine.errors import ConfigError

DATAFLOW = (
    "beam.runner=dataflow", "beam.dataflow.project=shop", "beam.dataflow.image=eu.example/vitrine:1",
    "beam.dataflow.temp=gs://bucket/temp/",
)  # fmt: skip
FLINK = ("beam.runner=flink", "beam.flink.job_server=jobs:8099", "beam.flink.image=example/vitrine:1")
SPARK = ("beam.runner=spark", "beam.spark.job_server=jobs:8099", "beam.spark.image=example/vitrine:1")


def arguments(*assignments: str) -> list[str]:
    return beam_arguments(run_settings(*assignments).beam)


def refusal(*assignments: str) -> str:
    with pytest.raises(ConfigError) as caught:
        arguments(*assignments)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_run_stays_in_this_process_by_default() -> None:
    assert arguments() == [
        "--runner=FnApiRunner",
        "--direct_running_mode=in_memory",
        "--direct_num_workers=1",
        "--sdk_container_image=none",
    ]


def test_there_is_one_process_per_core_by_default() -> None:
    assert "--direct_num_workers=0" in arguments("beam.runner=multi")  # Beam counts them where it runs
    chosen = arguments("beam.runner=multi", "beam.multi.workers=3")
    assert {"--direct_running_mode=multi_processing", "--direct_num_workers=3"} < set(chosen)


@pytest.mark.parametrize(("cluster", "runner"), [(FLINK, SUPERVISED_FLINK), (SPARK, "--runner=PortableRunner")])
def test_a_job_server_gets_the_workers_image(cluster: tuple[str, ...], runner: str) -> None:
    assert arguments(*cluster)[:5] == [
        runner,
        "--job_endpoint=jobs:8099",
        "--environment_type=DOCKER",
        "--environment_config=example/vitrine:1",
        "--sdk_container_image=example/vitrine:1",
    ]


@pytest.mark.parametrize(
    ("cluster", "master", "runner"),
    [
        ("flink", "http://flink:8081", [SUPERVISED_FLINK, "--flink_master=http://flink:8081"]),
        ("spark", "spark://spark:7077", ["--runner=SparkRunner", "--spark_master_url=spark://spark:7077"]),
    ],
)
def test_without_a_job_server_beam_starts_one_for_the_cluster(cluster: str, master: str, runner: list[str]) -> None:
    chosen = arguments(f"beam.runner={cluster}", f"beam.{cluster}.master={master}", f"beam.{cluster}.image=i")
    assert chosen[:2] == runner


def test_workers_may_be_a_running_pool() -> None:
    chosen = arguments(*FLINK[:2], "beam.flink.worker_pool=workers:50000", "beam.flink.parallelism=8")
    assert chosen[2:5] == [
        "--environment_type=EXTERNAL",
        "--environment_config=workers:50000",
        "--sdk_container_image=none",
    ]
    assert "--parallelism=8" in chosen


@pytest.mark.parametrize(
    ("assignments", "console"),
    [
        (FLINK, "jobs:8081"),  # Flink's own port, on the job server's host
        ((*FLINK, "beam.flink.console=flink:80"), "flink:80"),
        ((FLINK[0], FLINK[2], "beam.flink.master=http://flink:8081/"), "flink:8081"),
    ],
)
def test_jobs_on_flink_are_supervised_by_its_rest_api(assignments: tuple[str, ...], console: str) -> None:
    chosen = arguments(*assignments, "beam.stall_minutes=2.5")
    assert {f"--flink_console={console}", "--flink_stall_minutes=2.5"} < set(chosen)


def test_dataflow_gets_its_locations_and_account() -> None:
    minimal = arguments(*DATAFLOW)
    assert {"--runner=DataflowRunner", "--project=shop", "--region=us-central1"} < set(minimal)
    assert {"--temp_location=gs://bucket/temp/", "--staging_location=gs://bucket/temp/staging"} < set(minimal)
    options = {
        "beam.dataflow.region=europe-west1": "--region=europe-west1",
        "beam.dataflow.staging=gs://bucket/jobs": "--staging_location=gs://bucket/jobs",
        "beam.dataflow.service_account=a@b.c": "--service_account_email=a@b.c",
        "beam.dataflow.machine_type=n2-standard-4": "--worker_machine_type=n2-standard-4",
        "beam.dataflow.max_workers=20": "--max_num_workers=20",
        "beam.dataflow.network=shop": "--network=shop",
        "beam.dataflow.subnetwork=regions/r/subnetworks/s": "--subnetwork=regions/r/subnetworks/s",
        "beam.dataflow.public_ips=false": "--no_use_public_ips",
    }
    assert set(options.values()) < set(arguments(*DATAFLOW, *options))


def test_further_options_come_last_and_so_win() -> None:
    assert arguments("beam.options=[--direct_num_workers=2]")[-1] == "--direct_num_workers=2"
    with pytest.raises(ConfigError, match=r"beam\.options\.0: 'flink' is not allowed"):
        run_settings("beam.options=[flink]")


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (FLINK[:1], "beam.flink.job_server: missing; set it, such as jobs.example:8099, or beam.flink.master"),
        (FLINK[:2], "beam.flink.image: missing; set it, such as registry.example/vitrine/beam:1.0, or beam.flink."),
        ((*SPARK, "beam.spark.master=local"), "beam.spark.master: set beside beam.spark.job_server; leave one of"),
        ((*SPARK, "beam.spark.worker_pool=a:1"), "beam.spark.worker_pool: set beside beam.spark.image; leave one"),
        (DATAFLOW[:1], "beam.dataflow.project: missing; set it, such as my-project"),
        (DATAFLOW[:2], "beam.dataflow.image: missing"),
        (DATAFLOW[:3], "beam.dataflow.temp: missing; set it, such as gs://bucket/temp"),
    ],
)
def test_missing_or_contradicting_settings_are_named(assignments: tuple[str, ...], message: str) -> None:
    assert refusal(*assignments).startswith(message)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        (
            "beam.runner=prism",
            "beam.runner: 'prism' is not allowed: Input should be 'direct', 'multi', 'flink',",
        ),
        ("beam.flink.job_server=jobs", "beam.flink.job_server: 'jobs' is not allowed"),
        ("beam.dataflow.temp=/tmp/x", "beam.dataflow.temp: '/tmp/x' is not allowed"),
        ("beam.spark.parallelism=4", "beam.spark.parallelism: unknown key; known here: image, job_server, local_nod"),
    ],
)
def test_settings_are_validated_when_they_are_read(assignment: str, message: str) -> None:
    assert message in refusal(assignment)


def test_settings_of_other_runners_are_ignored() -> None:
    assert arguments(*FLINK, "beam.runner=direct") == beam_arguments(BeamSettings())


def test_the_number_of_workers_is_known_where_it_is_set() -> None:
    counts = {
        ("beam.runner=direct",): 1,
        ("beam.runner=multi",): os.cpu_count(),
        ("beam.runner=multi", "beam.multi.workers=3"): 3,
        (*FLINK, "beam.flink.parallelism=8"): 8,
        FLINK: SPREAD,
        SPARK: SPREAD,
        (*DATAFLOW, "beam.dataflow.max_workers=20"): 20,
    }
    assert {assignments: worker_count(run_settings(*assignments).beam) for assignments in counts} == counts

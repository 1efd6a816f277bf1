"""Beam's command-line arguments for each runner."""

import os
from collections.abc import Callable
from typing import Final

from pipelines.beam.settings import BeamRunner, BeamSettings, ClusterSettings
from vitrine.errors import ConfigError

NO_PACKAGE: Final = "--sdk_container_image=none"
"""No image is used. Without this option TFX packs itself into an archive for each node, in a second or two."""
FN_API_RUNNER: Final = "--runner=FnApiRunner"
"""Named explicitly: DirectRunner downloads another runner, Prism, and uses this one only if that fails."""
SUPERVISED_FLINK: Final = "--runner=pipelines.beam.flink.runner.SupervisedFlinkRunner"
"""Beam imports a runner by its path."""
KEEP_WORKERS: Final = "--environment_cache_millis=86400000"
"""Workers stay from step to step of a job. By default Beam starts them, and all that they load, again."""
NO_PACKAGE_LIST: Final = "--experiments=disable_logging_submission_environment"
"""Without it Beam runs pip before each job."""
SPREAD: Final = 2
"""Workers of a cluster of unknown size. Any number above 1 makes EmbeddingGen spread its rows evenly."""
IMAGE: Final = "registry.example/vitrine/beam:1.0"
"""An example for error messages."""


def beam_arguments(settings: BeamSettings) -> list[str]:
    """Return Beam's command-line arguments.

    Raises ConfigError if a setting of the runner is missing, or contradicts another one.
    """
    return [*_ARGUMENTS[settings.runner](settings), *settings.options]


def worker_count(settings: BeamSettings) -> int:
    """Return the runner's number of workers, so that each can have a shard; `SPREAD` if the cluster decides it."""
    counts = {
        "direct": 1,
        "multi": settings.multi.workers or os.cpu_count(),
        "flink": settings.flink.parallelism,
        "dataflow": settings.dataflow.max_workers,
    }
    return counts.get(settings.runner) or SPREAD


def _direct(_: BeamSettings) -> list[str]:
    return [FN_API_RUNNER, "--direct_running_mode=in_memory", "--direct_num_workers=1", NO_PACKAGE]


def _multi(settings: BeamSettings) -> list[str]:
    workers = f"--direct_num_workers={settings.multi.workers}"
    return [FN_API_RUNNER, "--direct_running_mode=multi_processing", workers, NO_PACKAGE]


def _flink(settings: BeamSettings) -> list[str]:
    flink = settings.flink
    arguments = _cluster("flink", flink, SUPERVISED_FLINK, f"--flink_master={flink.master}")
    options = _options(
        parallelism=flink.parallelism, flink_console=flink.rest, flink_stall_minutes=settings.stall_minutes
    )
    return [*arguments, KEEP_WORKERS, NO_PACKAGE_LIST, *options]


def _spark(settings: BeamSettings) -> list[str]:
    spark = settings.spark
    runner = "--runner=PortableRunner" if spark.job_server else "--runner=SparkRunner"
    return [*_cluster("spark", spark, runner, f"--spark_master_url={spark.master}"), NO_PACKAGE_LIST]


def _cluster(name: str, cluster: ClusterSettings, runner: str, master: str) -> list[str]:
    _require_one(name, cluster, "job_server", "master", "jobs.example:8099")
    _require_one(name, cluster, "image", "worker_pool", IMAGE)
    server = f"--job_endpoint={cluster.job_server}" if cluster.job_server else master
    if cluster.image:
        image = f"--sdk_container_image={cluster.image}"
        return [runner, server, "--environment_type=DOCKER", f"--environment_config={cluster.image}", image]
    return [runner, server, "--environment_type=EXTERNAL", f"--environment_config={cluster.worker_pool}", NO_PACKAGE]


def _require_one(name: str, cluster: ClusterSettings, first: str, second: str, example: str) -> None:
    given = [key for key in (first, second) if getattr(cluster, key)]
    if not given:
        raise ConfigError(f"beam.{name}.{first}: missing; set it, such as {example}, or beam.{name}.{second}")
    if len(given) > 1:
        raise ConfigError(f"beam.{name}.{second}: set beside beam.{name}.{first}; leave one of them out")


def _dataflow(settings: BeamSettings) -> list[str]:
    dataflow = settings.dataflow
    for key, example in (("project", "my-project"), ("image", IMAGE), ("temp", "gs://bucket/temp")):
        if not getattr(dataflow, key):
            raise ConfigError(f"beam.dataflow.{key}: missing; set it, such as {example}")
    return [
        "--runner=DataflowRunner",
        # Each thread of a worker loads an encoder, and TensorFlow has its own threads.
        "--number_of_worker_harness_threads=1",
        # Workers import all that they need; otherwise Beam pickles the module that started this process.
        "--no_save_main_session",
        *_options(
            project=dataflow.project,
            region=dataflow.region,
            sdk_container_image=dataflow.image,
            temp_location=dataflow.temp,
            staging_location=dataflow.staging or f"{dataflow.temp.rstrip('/')}/staging",
            service_account_email=dataflow.service_account,
            worker_machine_type=dataflow.machine_type,
            max_num_workers=dataflow.max_workers,
            network=dataflow.network,
            subnetwork=dataflow.subnetwork,
        ),
        *([] if dataflow.public_ips else ["--no_use_public_ips"]),
    ]


def _options(**options: str | float | None) -> list[str]:
    return [f"--{name}={value}" for name, value in options.items() if value]


_ARGUMENTS: Final[dict[BeamRunner, Callable[[BeamSettings], list[str]]]] = {
    "direct": _direct,
    "multi": _multi,
    "flink": _flink,
    "spark": _spark,
    "dataflow": _dataflow,
}

"""The part of the configuration that says where the Beam pipelines of data-parallel nodes run."""

from typing import Annotated, Literal

from pydantic import NonNegativeInt, PositiveInt, StringConstraints

from vitrine.settings import Section

BeamRunner = Literal["direct", "multi", "flink", "spark", "dataflow"]
Address = Annotated[str, StringConstraints(pattern=r"^([^\s:/]+:[0-9]+)?$")]
"""Host and port."""
Bucket = Annotated[str, StringConstraints(pattern=r"^(gs://.+)?$")]
"""A folder on Google Cloud Storage."""
Argument = Annotated[str, StringConstraints(pattern=r"^--[a-z]")]


class MultiProcessSettings(Section):
    """Several processes on this machine."""

    workers: NonNegativeInt = 0
    """Processes; as many as the machine has cores where it is 0."""


class ClusterSettings(Section):
    """A cluster that is reached through Beam's job server, and what its workers run in."""

    job_server: Address = ""
    """A job server that runs, and knows its cluster."""
    master: str = ""
    """The cluster, for a job server that Beam starts beside the pipeline, which takes Java and the server's jar."""
    image: str = ""
    """An image with Vitrine and Beam's boot program; each worker is a container of it."""
    worker_pool: Address = ""
    """Instead of an image: workers that run already, started by Beam's worker pool in an environment of Vitrine's."""


class FlinkSettings(ClusterSettings):
    """An Apache Flink cluster."""

    parallelism: PositiveInt | None = None
    """Slots that a pipeline uses; Flink's own default where it is left out."""


class DataflowSettings(Section):
    """Google Cloud Dataflow."""

    project: str = ""
    region: str = "us-central1"
    image: str = ""
    """An image with Vitrine and Beam's boot program."""
    temp: Bucket = ""
    staging: Bucket = ""
    """Where the job's own files go; `<temp>/staging` by default."""
    service_account: str = ""
    """Which the workers run as, by its e-mail address."""
    machine_type: str = ""
    max_workers: PositiveInt | None = None
    network: str = ""
    subnetwork: str = ""
    public_ips: bool = True


class BeamSettings(Section):
    """The runner of Beam pipelines. Each has a section of its own; those of the others are not looked at."""

    runner: BeamRunner = "direct"
    multi: MultiProcessSettings = MultiProcessSettings()
    flink: FlinkSettings = FlinkSettings()
    spark: ClusterSettings = ClusterSettings()
    dataflow: DataflowSettings = DataflowSettings()
    options: tuple[Argument, ...] = ()
    """Further arguments, as Beam takes them: [--flink_version=1.20]."""

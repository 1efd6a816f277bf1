"""The settings of Beam: the runner of the pipelines of data-parallel nodes."""

from typing import Annotated, Literal

from pydantic import NonNegativeInt, PositiveFloat, PositiveInt, StringConstraints

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
    """Number of processes; 0 means one per core of the machine."""


class ClusterSettings(Section):
    """A cluster behind Beam's job server, and the environment of its workers."""

    job_server: Address = ""
    """A running job server of the cluster."""
    master: str = ""
    """The cluster's address, for a job server that Beam starts beside the pipeline; needs Java and the server's jar."""
    image: str = ""
    """An image with Vitrine and Beam's boot program, which each worker runs in a container."""
    worker_pool: Address = ""
    """Instead of an image: running workers, started by Beam's worker pool in an environment with Vitrine."""
    local_nodes: tuple[str, ...] = ("Transform",)
    """Nodes that run in their own process, since they carry little data and make a job of hundreds of steps."""


class FlinkSettings(ClusterSettings):
    """An Apache Flink cluster. A worker pool stands beside each task manager, so its host is `localhost`."""

    console: Address = ""
    """Flink's REST API; port 8081 of the job server's host by default."""
    parallelism: PositiveInt | None = None
    """Slots that a job uses; all free ones by default."""

    @property
    def rest(self) -> str:
        """The address of Flink's REST API."""
        if self.job_server:
            return self.console or f"{self.job_server.partition(':')[0]}:8081"
        return self.console or self.master.removeprefix("http://").rstrip("/")


class DataflowSettings(Section):
    """Google Cloud Dataflow."""

    project: str = ""
    region: str = "us-central1"
    image: str = ""
    """An image with Vitrine and Beam's boot program."""
    temp: Bucket = ""
    staging: Bucket = ""
    """The folder of the job's files; `<temp>/staging` by default."""
    service_account: str = ""
    """The e-mail address of the account that the workers run as."""
    machine_type: str = ""
    max_workers: PositiveInt | None = None
    network: str = ""
    subnetwork: str = ""
    public_ips: bool = True


class BeamSettings(Section):
    """The runner of Beam pipelines. Each has its own section; the sections of other runners are ignored."""

    runner: BeamRunner = "direct"
    multi: MultiProcessSettings = MultiProcessSettings()
    flink: FlinkSettings = FlinkSettings()
    spark: ClusterSettings = ClusterSettings()
    dataflow: DataflowSettings = DataflowSettings()
    stall_minutes: PositiveFloat = 30
    """Time after which a job on Flink without progress is cancelled."""
    options: tuple[Argument, ...] = ()
    """Further arguments of Beam's command line: [--flink_version=1.20]."""

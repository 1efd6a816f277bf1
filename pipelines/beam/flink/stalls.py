"""Stalls of Flink jobs: the reason why a job makes no progress, in words."""

from pipelines.beam.flink.console import Console, Job, Overview


def describe_wait(job: Job | None, overview: Overview, console: Console, pool: str) -> str:
    """Return what a job waits for.

    Args:
        job: its present state; None if Flink does not have it yet.
        overview: the cluster's slots.
        console: the console, for the hosts of running tasks.
        pool: the address of the worker pools; empty if workers are containers.
    """
    if job is None:
        return "the job server has not passed the job to Flink; its log says why"
    if waiting := job.count("created", "scheduled"):
        running = job.count("deploying", "initializing", "running")
        if not running or not overview.free:
            return (
                f"{waiting} of {job.tasks} tasks wait for slots, {overview.free} of {overview.slots} are free on "
                f"{overview.task_managers} task managers; wait for other jobs, or lower beam.flink.parallelism"
            )
    busy = [vertex for vertex in job.vertices if vertex.status in ("RUNNING", "INITIALIZING", "DEPLOYING")]
    workers = [vertex for vertex in busy if "MapPartition at [" in vertex.name] or busy
    if not workers:
        return f"the job is {job.state}"
    hosts = ", ".join(console.hosts(job.id, workers[0].id))
    at = f"a worker pool at {pool} of its own" if pool else "the worker image"
    return (
        f"{workers[0].name.removeprefix('CHAIN ')[:80]} on {hosts} passes no records. Each task manager needs {at} "
        "(two that share one end each other's workers); a single long batch, or little memory, are other reasons"
    )

"""Flink's REST API: the slots of a cluster, and the progress, exceptions and end of a job.

https://nightlies.apache.org/flink/flink-docs-release-1.19/docs/ops/rest_api/
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, Field

from vitrine.errors import EngineError

SECONDS: Final = 10.0
"""Time limit of a request."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Overview(_Answer):
    """The cluster's task managers and slots."""

    task_managers: int = Field(alias="taskmanagers")
    slots: int = Field(alias="slots-total")
    free: int = Field(alias="slots-available")


class Traffic(_Answer):
    """Records and bytes that a vertex has received from others, and sent to them."""

    read: int = Field(0, alias="read-records")
    written: int = Field(0, alias="write-records")
    bytes_written: int = Field(0, alias="write-bytes")


class Vertex(_Answer):
    """A step of a job, which Flink runs as `parallelism` tasks."""

    id: str
    name: str
    status: str
    parallelism: int
    tasks: Mapping[str, int]
    traffic: Traffic = Field(alias="metrics")


class Job(_Answer):
    """A job with its vertices; the duration is in milliseconds."""

    id: str = Field(alias="jid")
    name: str
    state: str
    duration: int
    vertices: Sequence[Vertex]

    @property
    def tasks(self) -> int:
        """The number of tasks of all vertices."""
        return sum(vertex.parallelism for vertex in self.vertices)

    def count(self, *states: str) -> int:
        """Return the number of tasks in these states, such as `finished`."""
        counts: Counter[str] = Counter()
        for vertex in self.vertices:
            counts.update({state.lower(): count for state, count in vertex.tasks.items()})
        return sum(counts[state] for state in states)

    @property
    def records(self) -> int:
        """The number of records that vertices have received."""
        return sum(vertex.traffic.read for vertex in self.vertices)

    @property
    def bytes(self) -> int:
        """The number of bytes that vertices have sent to others."""
        return sum(vertex.traffic.bytes_written for vertex in self.vertices)


class Failure(_Answer):
    """An exception of a job: its Java stack trace, and the address of the task manager, if one had it."""

    stacktrace: str
    location: str | None = Field(None, alias="endpoint")


@dataclass(frozen=True)
class Console:
    """Client of Flink's REST API at an address such as `flink.example:8081`. Methods raise EngineError."""

    address: str

    @property
    def url(self) -> str:
        """The address of the console in a browser."""
        return f"http://{self.address}"

    def job_url(self, job: str) -> str:
        """Return the address of a job's page."""
        return f"{self.url}/#/job/running/{job}"

    def overview(self) -> Overview:
        """Return the cluster's slots."""
        return Overview.model_validate(self._get("/overview"))

    def task_managers(self) -> set[str]:
        """Return the ids of the task managers."""
        return {str(manager["id"]) for manager in self._list("/taskmanagers", "taskmanagers")}

    def find(self, name: str) -> str | None:
        """Return the id of the job with this name, if Flink has one."""
        return next((str(job["jid"]) for job in self._list("/jobs/overview", "jobs") if job["name"] == name), None)

    def job(self, job: str) -> Job:
        """Return a job's present state."""
        return Job.model_validate(self._get(f"/jobs/{job}"))

    def hosts(self, job: str, vertex: str) -> list[str]:
        """Return the task managers that run a vertex."""
        managers = self._list(f"/jobs/{job}/vertices/{vertex}/taskmanagers", "taskmanagers")
        return sorted({str(manager["taskmanager-id"]) for manager in managers})

    def records_by_host(self, job: str, vertex: str) -> dict[str, int]:
        """Return the number of records that each task manager's tasks of a vertex received."""
        managers = self._list(f"/jobs/{job}/vertices/{vertex}/taskmanagers", "taskmanagers")
        return {str(manager["taskmanager-id"]): Traffic.model_validate(manager["metrics"]).read for manager in managers}

    def failures(self, job: str) -> list[Failure]:
        """Return the exceptions of a job, the newest first, with those that occurred at the same time."""
        history = self._get(f"/jobs/{job}/exceptions?maxExceptions=20").get("exceptionHistory")
        entries = history.get("entries", []) if isinstance(history, dict) else []
        together = [found for entry in entries for found in (entry, *entry.get("concurrentExceptions", []))]
        return [Failure.model_validate(found) for found in together]

    def cancel(self, job: str) -> None:
        """Cancel a job; one that has ended stays as it is."""
        try:
            httpx.patch(f"{self.url}/jobs/{job}?mode=cancel", timeout=SECONDS)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None

    def _list(self, path: str, key: str) -> list[dict[str, object]]:
        found = self._get(path)[key]
        return found if isinstance(found, list) else []

    def _get(self, path: str) -> dict[str, object]:
        try:
            response = httpx.get(f"{self.url}{path}", timeout=SECONDS)
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise self._unreachable(error) from None
        if not isinstance(answer, dict):
            raise self._unreachable(ValueError("no JSON object"))
        return answer

    def _unreachable(self, error: Exception) -> EngineError:
        return EngineError(
            f"beam.flink.console {self.address}: Flink's REST API does not answer ({error or type(error).__name__}); "
            "set it to the address of the job manager's console, and check that the cluster runs"
        )

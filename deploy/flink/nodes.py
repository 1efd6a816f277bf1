"""The processes of `cluster.py`'s cluster, in the network namespace that this script is started in.

It writes `ready` when all of them answer, names on standard error whatever ends early with the end of its log, and
ends all of them when it gets SIGTERM.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Final

HERE: Final = Path(__file__).resolve().parent
NETWORK: Final = "10.77.0"
"""The first three numbers of the addresses in the namespaces; the job manager is number 1, task managers follow."""
HEAD: Final = f"{NETWORK}.1"
START_SECONDS: Final = 120
END_SECONDS: Final = 10
TAIL_LINES: Final = 15
JOB_MANAGER: Final = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"
TASK_MANAGER: Final = "org.apache.flink.runtime.taskexecutor.TaskManagerRunner"
JOB_SERVER: Final = "org.apache.beam.runners.flink.FlinkJobServerDriver"
UTILITIES: Final = "org.apache.flink.runtime.util.bash.BashJavaUtils"
RESULT: Final = "BASH_JAVA_UTILS_EXEC_RESULT:"
TIMED_LOG: Final = "-Dorg.slf4j.simpleLogger.showDateTime=true"
Command = list[str]


class Nodes:
    """The processes of the cluster, each with a log."""

    def __init__(self, plan: SimpleNamespace) -> None:
        self._plan = plan
        self._logs = Path(plan.logs)
        self._flink = Path(plan.home, "python", "pyflink")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all processes, and wait until they answer."""
        plan = self._plan
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "cluster", "type", "bridge")
        run("ip", "address", "add", f"{HEAD}/24", "dev", "cluster")
        run("ip", "link", "set", "cluster", "up")
        console = [f"rest.port={plan.ports.console}", "rest.address=localhost", "rest.bind-address=localhost"]
        self._add("job manager", self._flink_process("JM", JOB_MANAGER, "job-manager", console))
        for number in range(1, plan.task_managers + 1):
            self._add_host(number)
        self._add("job server", self._job_server())
        self._wait()

    def _add_host(self, number: int) -> None:
        address, link = f"{NETWORK}.{number + 1}", f"host{number}"
        holder = self._add(f"host {number}", ["unshare", "--net", "sleep", "infinity"])
        namespace, own_namespace = Path(f"/proc/{holder.pid}/ns/net"), Path("/proc/self/ns/net")
        await_condition(lambda: namespace.readlink() != own_namespace.readlink(), "a network namespace")
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        run("ip", "link", "set", link, "master", "cluster", "up")
        inside = ["nsenter", f"--net={namespace}"]
        run(*inside, "ip", "link", "set", "lo", "up")
        run(*inside, "ip", "address", "add", f"{address}/24", "dev", "eth0")
        run(*inside, "ip", "link", "set", "eth0", "up")
        core = ["taskset", "--cpu-list", str((number - 1) % (os.cpu_count() or 1))] if self._plan.bind else []
        pool = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main"]
        self._add(f"worker pool {number}", [*inside, *core, *pool, f"--service_port={self._plan.pool_port}"])
        own = [f"taskmanager.host={address}", "taskmanager.bind-host=0.0.0.0", f"taskmanager.resource-id={address}"]
        process = self._flink_process("TM", TASK_MANAGER, f"task-manager-{number}", own)
        self._add(f"task manager {number}", [*inside, *core, *process])

    def _flink_process(self, kind: str, main_class: str, name: str, own: list[str]) -> Command:
        """Return the command of a process with the memory that Flink's own program computes from the configuration."""
        temporary = self._logs / name
        temporary.mkdir(exist_ok=True)
        settings = [f"jobmanager.rpc.address={HEAD}", f"io.tmp.dirs={temporary}", *own]
        jars = ":".join(str(jar) for jar in [*sorted((self._flink / "lib").glob("*.jar")), *self._beam_jars()])
        further = [part for setting in self._plan.settings for part in ("-D", setting)]
        configuration = ["--configDir", str(HERE), *further]
        compute = ["java", "-Xmx64m", "-cp", f"{self._flink}/bin/bash-java-utils.jar:{jars}", UTILITIES]
        output = subprocess.run(
            [*compute, f"GET_{kind}_RESOURCE_PARAMS", *configuration], capture_output=True, text=True, check=True
        ).stdout
        memory, dynamic = [line.removeprefix(RESULT).split() for line in output.splitlines() if line.startswith(RESULT)]
        options = ["-XX:+UseSerialGC", f"-Dlog4j.configurationFile={HERE}/log4j.properties", *self._java_options()]
        settings_options = [part for setting in settings for part in ("-D", setting)]
        return ["java", *memory, *options, "-cp", jars, main_class, *configuration, *dynamic, *settings_options]

    def _beam_jars(self) -> list[Path]:
        """Return Beam's jars for Flink's own class path, so that workers and classes stay from task to task."""
        jars = sorted(Path(self._plan.home, "job-server").glob("*.jar"))
        return [jar for jar in jars if not jar.name.startswith(("flink-", "slf4j-simple-"))]

    def _java_options(self) -> list[str]:
        configuration = (HERE / "config.yaml").read_text(encoding="utf-8")
        return [word for word in configuration.split() if word.startswith("--add-")]

    def _job_server(self) -> Command:
        ports = self._plan.ports
        options = {
            "flink-master": f"localhost:{ports.console}",
            "job-host": "localhost",
            "job-port": ports.job_server,
            "artifact-port": ports.artifacts,
            "expansion-port": 0,
            "artifacts-dir": self._logs / "artifacts",
        }
        jars = f"{self._plan.home}/job-server/*"
        java = ["java", "-Xmx512m", "-XX:+UseSerialGC", TIMED_LOG, *self._java_options(), "-cp", jars, JOB_SERVER]
        return [*java, *(f"--{name}={value}" for name, value in options.items())]

    def _add(self, name: str, command: Command) -> subprocess.Popen[bytes]:
        # Their `python` is this one, whose packages Beam's workers need.
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        with self._log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=self._plan.root,
                env={**os.environ, "PATH": path, "TF_CPP_MIN_LOG_LEVEL": "2"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._processes[name]

    def _log(self, name: str) -> Path:
        return self._logs / f"{name.replace(' ', '-')}.log"

    def _wait(self) -> None:
        plan = self._plan
        servers = [(f"{NETWORK}.{number + 1}", plan.pool_port) for number in range(1, plan.task_managers + 1)]
        servers += [("localhost", plan.ports.job_server), ("localhost", plan.ports.artifacts)]
        overview = f"http://localhost:{plan.ports.console}/overview"
        deadline = time.monotonic() + START_SECONDS
        while True:
            if early := self.ended():
                sys.exit(early)
            with contextlib.suppress(OSError):
                for server in servers:
                    socket.create_connection(server, 1).close()
                with urllib.request.urlopen(overview, timeout=5) as answer:
                    if json.load(answer)["taskmanagers"] == plan.task_managers:
                        return
            if time.monotonic() > deadline:
                sys.exit(f"the cluster was not ready after {START_SECONDS} seconds; logs: {self._logs}")
            time.sleep(0.5)

    def ended(self) -> str:
        """Return a text about each process that has ended since the last call."""
        texts = []
        for name, process in list(self._processes.items()):
            if process.poll() is not None:
                del self._processes[name]
                lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
                end = "\n".join(f"  {line}" for line in lines)
                texts.append(f"{name} ended early with {process.returncode}; the end of {self._log(name)}:\n{end}")
        return "\n".join(texts)

    def stop(self) -> None:
        """End all processes with their children, by force if they do not within `END_SECONDS`."""
        for force in (signal.SIGTERM, signal.SIGKILL):
            for process in self._processes.values():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, force)
            deadline = time.monotonic() + END_SECONDS
            for process in self._processes.values():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.1, deadline - time.monotonic()))


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def await_condition(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + END_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what} was not made within {END_SECONDS} seconds")
        time.sleep(0.05)


def relay(listener: socket.socket, port: int) -> None:
    """Pass connections from the namespace that `listener` was made in to a port of this one."""
    while True:
        outside, _ = listener.accept()
        try:
            inside = socket.create_connection(("localhost", port))
        except OSError:
            outside.close()
            continue
        for source, target in ((outside, inside), (inside, outside)):
            threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def running(plan: SimpleNamespace) -> Iterator[Nodes]:
    nodes = Nodes(plan)
    try:
        nodes.start()
        yield nodes
    finally:
        nodes.stop()


def main() -> None:
    plan = json.loads(sys.argv[1], object_hook=lambda fields: SimpleNamespace(**fields))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with running(plan) as nodes:
        ports = (plan.ports.job_server, plan.ports.artifacts, plan.ports.console)
        for descriptor, port in zip(plan.listeners, ports, strict=True):
            listener = socket.socket(fileno=descriptor)
            threading.Thread(target=relay, args=(listener, port), daemon=True).start()
        print("ready", flush=True)
        while True:
            time.sleep(1)
            if early := nodes.ended():
                print(early, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

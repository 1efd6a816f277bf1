"""A small Flink cluster on this machine, around a command: brought up before it, and taken down after it.

    python deploy/flink/cluster.py [--task-managers 2] [--bind] [--set KEY=VALUE] [--logs DIR] -- COMMAND…

The job manager and Beam's job server run in a network namespace, and each task manager with its pool of Beam workers in
one of its own, as on hosts of their own. Linux lets everybody make such namespaces, or at least root. They end with
their processes, so nothing remains. The command runs outside, and finds the cluster by the variables of `variables`:
`vitrine run --beam-runner flink` needs no further option. The code of the command is the cluster's.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parents[1]
POOL_PORT: Final = 50_000
"""The port of each pool, in the namespace of its task manager."""
END_SECONDS: Final = 30


class Ports(NamedTuple):
    """Ports of loopback, outside as inside, since the job server tells its clients the second one."""

    job_server: int
    artifacts: int
    console: int


def require_parts(home: Path) -> None:
    """Exit with one line if a part of the cluster is missing."""
    if sys.platform != "linux":
        sys.exit("a cluster on one machine needs the network namespaces of Linux")
    for tool in ("ip", "unshare", "nsenter", "setpriv", "java"):
        if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
            sys.exit(f"{tool}: not found; on Debian it is in iproute2, util-linux or openjdk-17-jre-headless")
    if not (home / "installed").is_file():
        sys.exit(f"{home}: no parts of a Flink cluster; `make flink-parts` gets them")


def variables(ports: Ports, task_managers: int) -> dict[str, str]:
    """Return the settings of a run on the cluster, as environment variables."""
    settings = {
        "JOB_SERVER": f"localhost:{ports.job_server}",
        "CONSOLE": f"localhost:{ports.console}",
        "WORKER_POOL": f"localhost:{POOL_PORT}",
        "PARALLELISM": str(task_managers),
    }
    return {f"VITRINE__BEAM__FLINK__{key}": value for key, value in settings.items()}


@contextlib.contextmanager
def cluster(home: Path, task_managers: int, bind: bool, settings: list[str], logs: Path) -> Iterator[Ports]:
    """Bring the cluster up, and take it down at the end. Exits with the end of a log if a process of it fails."""
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in Ports._fields]
    ports = Ports(*(listener.getsockname()[1] for listener in listeners))
    descriptors = [listener.fileno() for listener in listeners]
    plan = {
        "home": str(home.resolve()),
        "logs": str(logs.resolve()),
        "root": str(ROOT),
        "task_managers": task_managers,
        "bind": bind,
        "settings": settings,
        "ports": ports._asdict(),
        "pool_port": POOL_PORT,
        "listeners": descriptors,
    }
    own_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    namespace = ["unshare", *own_user, "--net", "setpriv", "--pdeathsig", "TERM"]
    command = [*namespace, sys.executable, str(HERE / "nodes.py"), json.dumps(plan)]
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    nodes = subprocess.Popen(
        command, stdout=subprocess.PIPE, pass_fds=descriptors, env=environment, text=True, start_new_session=True
    )
    for listener in listeners:
        listener.close()
    try:
        if nodes.stdout is None or nodes.stdout.readline().strip() != "ready":
            sys.exit(nodes.wait() or 1)
        yield ports
    finally:
        nodes.send_signal(signal.SIGTERM)
        nodes.wait(END_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=ROOT / ".venv-flink", help="the folder of `make flink-parts`")
    parser.add_argument("--task-managers", type=int, default=2)
    parser.add_argument("--bind", action="store_true", help="bind each task manager and its pool to a core of its own")
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="override Flink's config.yaml"
    )
    parser.add_argument("--logs", type=Path, help="keep the logs here; otherwise they are removed at the end")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    require_parts(arguments.home)
    with contextlib.ExitStack() as stack:
        logs = arguments.logs or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-flink-")))
        logs.mkdir(parents=True, exist_ok=True)
        settings = arguments.settings
        ports = stack.enter_context(cluster(arguments.home, arguments.task_managers, arguments.bind, settings, logs))
        print(f"Flink's console: http://localhost:{ports.console}; logs: {logs}", file=sys.stderr)
        environment = {**os.environ, **variables(ports, arguments.task_managers)}
        process = subprocess.Popen(arguments.command, env=environment)
        # Ctrl-C reaches the command as well, which then cancels its job; the cluster stays until that is done.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()

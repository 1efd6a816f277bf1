"""The services of compose without containers: the model server in this process, the gateway from its image's files."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from tests.deploy.distributions import closure, link
from tests.deploy.dockerfile import ROOT, instructions, write_context
from tests.ports import free_port
from tests.vitrine.gateway.conftest import pushed  # noqa: F401
from tests.vitrine.gateway.model_server import serving_rest
from tests.waiting import HANG_SECONDS

GATEWAY = ROOT / "deploy" / "images" / "gateway.Dockerfile"


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context of the images."""
    directory = tmp_path_factory.mktemp("context")
    write_context(directory)
    return directory


@pytest.fixture(scope="session")
def vitrine_built(context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vitrine, built from the context."""
    directory = tmp_path_factory.mktemp("built")
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(directory)]
    subprocess.run(command, cwd=context, check=True, capture_output=True, timeout=HANG_SECONDS)
    return directory


@pytest.fixture(scope="session")
def models(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The folder /models: the serving directory of a run, and images."""
    directory = tmp_path_factory.mktemp("models")
    shutil.copytree(pushed, directory, dirs_exist_ok=True)
    (directory / "esci_classifier").symlink_to("product_search")
    return directory


@pytest.fixture(scope="session")
def tf_serving(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a model server with the files of deploy/serving."""
    from vitrine.serving.batching.parameters import read_parameters
    from vitrine.serving.lifecycle.config_reload import ConfigFile
    from vitrine.serving.lifecycle.manager import ServableManager

    folder = ROOT / "deploy" / "serving"
    config = tmp_path_factory.mktemp("serving") / "models.config"
    config.write_text((folder / "models.config").read_text().replace("/models/", f"{models}/"))
    servables = ServableManager(batching=read_parameters(folder / "batching.pbtxt"), label_unavailable=True)
    ConfigFile(config, servables).load()
    with serving_rest(servables) as url:
        yield url
    servables.close()


UPDATE_KEY = "update-key"


@dataclass(frozen=True)
class Container:
    """A process like a container of an image, with its address and its log."""

    url: str
    log: Path
    environment: dict[str, str]

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]


@pytest.fixture(scope="session")
def gateway(
    tf_serving: str, models: Path, vitrine_built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Container]:
    """The gateway as in its image: with its ENTRYPOINT, CMD and packages only, and compose's configuration."""
    folder = tmp_path_factory.mktemp("gateway")
    requirements = (ROOT / "deploy" / "images" / "gateway.in").read_text().splitlines()
    link(closure([line for line in requirements if line and line[0] != "#"]), folder / "packages")
    (folder / "page").mkdir()
    (folder / "page" / "index.html").write_text("<title>The page</title>")

    settings = yaml.safe_load((ROOT / "deploy" / "compose" / "gateway.yaml").read_text())
    nowhere = f"127.0.0.1:{free_port()}"
    (shop,) = settings["catalogues"].values()
    shop.update(serving=str(models), image_root=str(models.parent))
    shop["backend"]["url"] = tf_serving
    settings["cache"]["redis"] = f"redis://{nowhere}/0"
    settings["log"] = {"directory": str(folder / "events"), "mlflow": {"tracking_uri": f"http://{nowhere}"}}
    settings.setdefault("security", {})["update_keys_env"] = "UPDATE_KEYS"
    settings["merchandising"] = {"rules": str(folder / "rules.yaml")}
    (folder / "gateway.yaml").write_text(yaml.safe_dump(settings))

    stage = {instruction.name: instruction for instruction in instructions(GATEWAY) if instruction.stage == "gateway"}
    replacements = {
        "/etc/vitrine/gateway.yaml": str(folder / "gateway.yaml"),
        "0.0.0.0": "127.0.0.1",
        "8000": str(free_port()),
    }
    program, *words = stage["ENTRYPOINT"].words + stage["CMD"].words
    assert program == "vitrine"
    assert replacements.keys() <= set(words)
    variables = dict(word.split("=", 1) for word in shlex.split(stage["ENV"].text))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, (vitrine_built, folder / "packages"))),
        "VITRINE_GATEWAY__PAGE": str(folder / "page") if variables["VITRINE_GATEWAY__PAGE"] == "/srv/page" else "",
        "UPDATE_KEYS": UPDATE_KEY,
        # As compose sets it without keys.
        "VITRINE_GATEWAY__SECURITY__API_KEYS_ENV": "",
    }
    command = [
        sys.executable,
        "-S",
        "-c",
        "from cli.main import main; main()",
        *(replacements.get(word, word) for word in words),
    ]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        container = Container(f"http://127.0.0.1:{replacements['8000']}", log, environment)
        wait_until_ready(container, process)
        yield container
    finally:
        process.terminate()
        process.wait(timeout=HANG_SECONDS)


def wait_until_ready(container: Container, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{container.url}/ready", timeout=HANG_SECONDS).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(container.log.read_text())


def exported(page: str) -> dict[str, set[str]]:
    """Return the metric names of a metrics page, each with the labels of its series."""
    labels: dict[str, set[str]] = {}
    for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", page, re.MULTILINE):
        for series in (f"{name}_bucket", f"{name}_sum", f"{name}_count") if kind == "histogram" else (name,):
            labels[series] = set()
    for name, pairs in re.findall(r"^([\w:]+)\{(.*)\} \S+$", page, re.MULTILINE):
        labels.setdefault(name, set()).update(re.findall(r'(\w+)="', pairs))
    return labels

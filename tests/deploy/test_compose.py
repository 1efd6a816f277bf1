import re
import shutil
import subprocess
import sys

import httpx
import pytest
import yaml

from cli.gateway import load_settings
from tests.deploy.conftest import Container, exported
from tests.deploy.distributions import lock_versions
from tests.deploy.dockerfile import ROOT
from tests.waiting import HANG_SECONDS

FILE = ROOT / "deploy" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES = COMPOSE["services"]
NAMES = pytest.mark.parametrize("name", SERVICES)


def test_it_is_of_the_compose_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@NAMES
def test_a_service_is_pinned_watched_and_started_again(name: str) -> None:
    service = SERVICES[name]
    assert "build" in service or re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(-\w+)?", service["image"])
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["cap_drop"] == ["ALL"]


@NAMES
def test_ports_are_published_on_loopback_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port


@NAMES
def test_mounted_paths_exist_or_are_variables(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        if volume["type"] == "volume":
            assert volume["source"] in COMPOSE["volumes"]
        elif variable := re.fullmatch(r"\$\{(\w+):-(.+)\}", volume["source"]):
            # Made by the pipeline, and never by the engine in its place: root would own it.
            assert variable[2].startswith(("../runs/", "../data/"))
            assert volume["bind"] == {"create_host_path": False}
        else:
            assert (FILE.parent / volume["source"]).exists(), volume
            assert volume["read_only"]


def test_secrets_come_from_the_environment() -> None:
    secret = re.compile(r"(?im)^\s*[\w-]*(?:password|token|secret|api_key)[\w-]*:\s*(\S.*)$")
    for file in [*(ROOT / "deploy").rglob("*.y*ml"), *(ROOT / ".github").rglob("*.yml")]:
        for value in secret.findall(file.read_text()):
            # The others are a workflow's permission, and what pods do not get.
            assert value.startswith("${") or value in {"write", "false"}, f"{file}: {value}"


def test_mlflow_is_the_one_that_clients_have() -> None:
    lock = lock_versions((ROOT / "requirements.lock").read_text())
    version = SERVICES["mlflow"]["image"].rpartition(":v")[2]
    assert version.split(".")[:2] == lock["mlflow"].split(".")[:2]


def test_services_are_called_by_their_names_and_ports() -> None:
    settings = load_settings(FILE.parent / "compose" / "gateway.yaml", None, ())
    shop = settings.catalogues["shop"]
    assert shop.backend.kind == "rest"
    tracking = settings.log.mlflow
    assert tracking is not None
    for address in (shop.backend.url, settings.cache.redis, tracking.tracking_uri):
        name, port = re.search(r"//([\w-]+):(\d+)", str(address)).groups()
        assert name in SERVICES
        assert port in str(SERVICES[name].get("command")) or (name, port) == ("redis", "6379")
    # What MLflow is not told is refused, as requests that a foreign page makes a browser send.
    allowed = next(word for word in SERVICES["mlflow"]["command"] if word.startswith("--allowed-hosts="))
    assert "mlflow:5000" in allowed


def test_the_gateway_has_the_models_and_its_configuration_where_it_looks() -> None:
    targets = {volume["target"] for volume in SERVICES["gateway"]["volumes"]}
    assert targets == {"/models", "/images", "/events", "/etc/vitrine/gateway.yaml"}
    assert {volume["target"] for volume in SERVICES["tf-serving"]["volumes"]} == {"/models", "/etc/tf-serving"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, which the image has")
def test_tf_servings_health_check_tells_serving_from_not(tf_serving: str) -> None:
    *shell, code = SERVICES["tf-serving"]["healthcheck"]["test"][1:]

    def ask(port: str, model: str = "product_search") -> int:
        local_code = code.replace("8501", port).replace("product_search", model)
        return subprocess.run([*shell, local_code], capture_output=True, timeout=HANG_SECONDS, check=False).returncode

    port = tf_serving.rpartition(":")[2]
    assert ask(port) == 0
    assert ask(port, "not_there") != 0
    assert ask("9") != 0


def test_the_gateways_health_check_works_in_its_image(gateway: Container) -> None:
    program, *words = SERVICES["gateway"]["healthcheck"]["test"][1:]
    assert program == "python"
    local_words = [word.replace("8000", gateway.port) for word in words]
    assert subprocess.run([sys.executable, *local_words], timeout=HANG_SECONDS, check=False).returncode == 0


def test_prometheus_scrapes_what_is_exported(gateway: Container, tf_serving: str) -> None:
    config = yaml.safe_load((FILE.parent / "monitoring" / "prometheus.yml").read_text())
    pages = {"gateway": gateway.url, "tf-serving": tf_serving}
    for job in config["scrape_configs"]:
        (target,) = job["static_configs"][0]["targets"]
        assert target.partition(":")[0] == job["job_name"]
        page = httpx.get(pages[job["job_name"]] + job.get("metrics_path", "/metrics"), timeout=HANG_SECONDS)
        assert page.headers["content-type"].startswith("text/plain")
        assert exported(page.text)

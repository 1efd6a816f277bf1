import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.gateway import load_settings
from pipelines.loop.settings import LoopSettings
from pipelines.settings import load_run_settings
from tests.deploy.dockerfile import ROOT
from tests.deploy.manifests import FOLDER, containers_of, documents, faults, pod_of, sources
from tests.waiting import HANG_SECONDS
from vitrine.serving.server import check_config_file
from vitrine.settings import read_settings, validate

KUBECTL = shutil.which("kubectl")
OTHERS = {"FlinkDeployment", "ServiceMonitor"}
"""Kinds of custom resources, which have schemas of their own."""
WRITTEN = [(file.relative_to(FOLDER), manifest) for file in sources() for manifest in documents(file.read_text())]
IDS = [f"{file.parent}-{manifest['kind']}-{manifest['metadata']['name']}" for file, manifest in WRITTEN]
PODS = [(file, manifest) for file, manifest in WRITTEN if pod_of(manifest)]
each_manifest = pytest.mark.parametrize(("file", "manifest"), WRITTEN, ids=IDS)
each_pod = pytest.mark.parametrize(
    ("file", "manifest"), PODS, ids=[manifest["metadata"]["name"] for _, manifest in PODS]
)


@each_manifest
def test_a_manifest_is_of_the_api(file: Path, manifest: dict[str, Any]) -> None:
    if manifest["kind"] not in OTHERS:
        assert faults(manifest) == []


@each_pod
def test_containers_are_not_root_and_have_a_read_only_file_system(file: Path, manifest: dict[str, Any]) -> None:
    pod = pod_of(manifest)
    assert pod is not None
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert not pod["spec"]["automountServiceAccountToken"]
    for container in containers_of(pod):
        rules = container["securityContext"]
        assert rules["readOnlyRootFilesystem"]
        assert not rules["allowPrivilegeEscalation"]
        assert rules["capabilities"] == {"drop": ["ALL"]}


@each_pod
def test_a_container_says_what_it_needs_and_how_it_is(file: Path, manifest: dict[str, Any]) -> None:
    pod = pod_of(manifest)
    assert pod is not None
    for container in containers_of(pod):
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
        assert re.fullmatch(r"vitrine-\w+|[\w./-]+:\d+\.\d+\.\d+(-\w+)?", container["image"])
        ports = {port["name"] for port in container.get("ports", [])}
        probes = [value for name, value in container.items() if name.endswith("Probe")]
        assert bool(probes) == bool(ports)
        for probe in probes:
            action = probe.get("httpGet") or probe.get("tcpSocket")
            assert action is None or action["port"] in ports


@each_pod
def test_mounts_have_a_volume(file: Path, manifest: dict[str, Any]) -> None:
    pod = pod_of(manifest)
    assert pod is not None
    volumes = {volume["name"] for volume in pod["spec"].get("volumes", [])}
    mounted = {mount["name"] for container in containers_of(pod) for mount in container.get("volumeMounts", [])}
    assert mounted == volumes


def test_selectors_match_pods() -> None:
    pods = [pod_of(manifest)["metadata"]["labels"].items() for _, manifest in PODS]
    for file, manifest in WRITTEN:
        spec = manifest.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector")
        if selector and manifest["kind"] != "ServiceMonitor":
            selected = selector.get("matchLabels", selector).items()
            assert any(selected <= labels for labels in pods), f"{file}: {manifest['metadata']['name']}"


def test_ports_are_called_by_names_that_are_there() -> None:
    ports = {
        port["name"]
        for _, manifest in PODS
        for container in containers_of(pod_of(manifest))
        for port in container.get("ports", [])
    }
    for _, manifest in WRITTEN:
        if manifest["kind"] == "Service":
            assert {port["targetPort"] for port in manifest["spec"]["ports"]} <= ports
        elif manifest["kind"] == "NetworkPolicy":
            assert {port["port"] for rule in manifest["spec"]["ingress"] for port in rule["ports"]} <= ports


def test_files_in_kustomizations_exist() -> None:
    for file in [*FOLDER.rglob("kustomization.yaml"), ROOT / "deploy" / "serving" / "kustomization.yaml"]:
        kustomization = yaml.safe_load(file.read_text())
        generated = [
            name.rpartition("=")[2]
            for generator in kustomization.get("configMapGenerator", [])
            for name in generator["files"]
        ]
        for name in [*kustomization.get("resources", []), *kustomization.get("components", []), *generated]:
            assert (file.parent / name).exists(), f"{file}: {name}"


def test_the_gateways_configuration_is_one() -> None:
    settings = load_settings(FOLDER / "base" / "gateway.config.yaml", None, ())
    address = settings.catalogues["shop"].backend
    assert address.kind == "rest"
    name, port = re.search(r"//([\w-]+):(\d+)", address.url).groups()
    (service,) = [
        manifest for _, manifest in WRITTEN if manifest["kind"] == "Service" and manifest["metadata"]["name"] == name
    ]
    assert int(port) in {entry["port"] for entry in service["spec"]["ports"]}


def test_keys_are_overridden_that_the_gateway_has(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = dict(re.findall(r"name: (VITRINE_GATEWAY__\w+), value: \"?([^\"}]+)", kustomizations()))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(FOLDER / "base" / "gateway.config.yaml", None, ())
    shop = settings.catalogues["shop"].backend
    assert settings.cache.redis == "redis://redis:6379/0"
    assert shop.kind == "rest"
    assert shop.label == "stable"
    assert settings.security.api_keys_env == "VITRINE_API_KEYS"


def kustomizations() -> str:
    return "\n".join(file.read_text() for file in sorted(FOLDER.rglob("kustomization.yaml")))


@pytest.mark.parametrize("file", [ROOT / "deploy/serving/models.config", FOLDER / "overlays/production/models.config"])
def test_tf_serving_can_read_what_it_serves(file: Path) -> None:
    check_config_file(file)


@pytest.mark.skipif(KUBECTL is None, reason="needs kubectl, which has kustomize")
@pytest.mark.parametrize("name", ["flink", "overlays/local", "overlays/production", "release", "loop"])
def test_it_renders_to_manifests_of_the_api(name: str) -> None:
    manifests = rendered(FOLDER / name)
    for manifest in manifests:
        if manifest["kind"] not in OTHERS:
            assert faults(manifest) == []
    named = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
    assert len(named) == len(manifests)
    for manifest in manifests:
        target = manifest.get("spec", {}).get("scaleTargetRef")
        assert target is None or (target["kind"], target["name"]) in named
        pod = pod_of(manifest)
        for volume in pod["spec"]["volumes"] if pod and "volumes" in pod["spec"] else []:
            if name not in {"flink", "release", "loop"} and "emptyDir" not in volume:
                claim, config = volume.get("persistentVolumeClaim"), volume.get("configMap")
                source = ("PersistentVolumeClaim", claim["claimName"]) if claim else ("ConfigMap", config["name"])
                assert source in named


def rendered(folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(KUBECTL), "kustomize", str(folder)], capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return documents(done.stdout)


@pytest.mark.skipif(KUBECTL is None, reason="needs kubectl, which has kustomize")
def test_a_version_can_be_put_into_what_is_rendered() -> None:
    text = yaml.safe_dump_all(rendered(FOLDER / "release"))
    (job,) = documents(text.replace("VERSION_TO_RELEASE", "1795231907"))
    assert "1795231907" in str(job)
    assert faults(job) == []


@pytest.mark.skipif(KUBECTL is None, reason="needs kubectl, which has kustomize")
def test_a_bucket_can_take_the_place_of_volumes(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("local", "images"))
    overlay = tmp_path / "deploy/kubernetes/overlays/production/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("# - ../../components/gcs", "- ../../components/gcs"))
    manifests = rendered(overlay.parent)
    volumes = {manifest["metadata"]["name"] for manifest in manifests if manifest["kind"] == "PersistentVolume"}
    claims = [manifest for manifest in manifests if manifest["kind"] == "PersistentVolumeClaim"]
    assert {manifest["spec"]["volumeName"] for manifest in claims} == volumes
    assert all(faults(manifest) == [] for manifest in manifests if manifest["kind"] not in OTHERS)


def test_a_pool_of_workers_stands_beside_each_task_manager_of_flink() -> None:
    (flink,) = [manifest["spec"] for _, manifest in WRITTEN if manifest["kind"] == "FlinkDeployment"]
    # The fields of the operator's own schema: flinkdeployments.flink.apache.org, v1beta1.
    assert flink.keys() <= {
        "flinkConfiguration", "flinkVersion", "image", "jobManager", "mode", "serviceAccount", "taskManager"
    }  # fmt: skip
    manager = flink["taskManager"]
    assert manager.keys() == {"replicas", "resource", "podTemplate"}
    template = {
        "kind": "PodTemplate",
        "apiVersion": "v1",
        "metadata": {"name": "x"},
        "template": manager["podTemplate"],
    }
    assert faults(template) == []
    containers = {container["name"]: container for container in manager["podTemplate"]["spec"]["containers"]}
    assert containers.keys() == {"flink-main-container", "workers"}
    assert containers["workers"]["args"] == ["--worker_pool"]
    beam = load_run_settings(FOLDER / "flink" / "shop.config.yaml").beam
    assert beam.flink.worker_pool == "localhost:50000"
    assert beam.flink.parallelism < manager["replicas"] * int(
        flink["flinkConfiguration"]["taskmanager.numberOfTaskSlots"]
    )
    (service,) = [
        manifest
        for _, manifest in WRITTEN
        if manifest["kind"] == "Service" and manifest["metadata"]["name"] == beam.flink.job_server.partition(":")[0]
    ]
    named = {beam.flink.job_server, *(option.partition("=")[2] for option in beam.options)}
    assert named == {f"{service['metadata']['name']}:{port['port']}" for port in service["spec"]["ports"]}
    explained = yaml.safe_load((ROOT / "deploy/flink/config.yaml").read_text())
    for key in flink["flinkConfiguration"]:
        section = explained
        for name in key.split("."):
            section = section.get(name, section) if isinstance(section, dict) else section
        assert section is not explained or key in explained, f"{key} is not explained in deploy/flink/config.yaml"


def test_tf_serving_is_started_as_compose_starts_it() -> None:
    (manifest,) = [manifest for _, manifest in PODS if manifest["metadata"]["name"] == "tf-serving"]
    started = manifest["spec"]["template"]["spec"]["containers"][0]
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]["tf-serving"]
    assert started["image"] == compose["image"]
    assert started["command"] == compose["entrypoint"]
    # On Kubernetes a release changes the file, so it is on the volume.
    arguments = {
        argument.replace("/models/models.config", "/etc/tf-serving/models.config") for argument in started["args"]
    }
    assert arguments == set(compose["command"])


def test_the_first_models_config_is_copied_once(tmp_path: Path) -> None:
    (manifest,) = [manifest for _, manifest in PODS if manifest["metadata"]["name"] == "tf-serving"]
    (first,) = manifest["spec"]["template"]["spec"]["initContainers"]
    config, models = tmp_path / "config", tmp_path / "models"
    config.mkdir()
    models.mkdir()
    script = first["args"][0].replace("/etc/tf-serving", str(config)).replace("/models/", f"{models}/")
    for text in ("as it was deployed", "as it was deployed again"):
        (config / "models.config").write_text(text)
        subprocess.run(
            [*first["command"], script],
            env={"PATH": "/usr/bin:/bin", "HOSTNAME": "a"},
            check=True,
            timeout=HANG_SECONDS,
        )
    assert [path.name for path in models.iterdir()] == ["models.config"]
    assert (models / "models.config").read_text() == "as it was deployed"


def command_of(kind: str) -> list[str]:
    """The command of the container of the only manifest of this kind, of the loop or a release."""
    (manifest,) = [
        manifest for file, manifest in PODS if manifest["kind"] == kind and file.parent.name in {"loop", "release"}
    ]
    (container,) = pod_of(manifest)["spec"]["containers"]
    return [*container["command"], *container["args"]]


def arguments_of(command: list[str], folder: Path) -> list[str]:
    """Run a command with two replicas, and return the arguments that `vitrine` gets."""
    commands = {
        "getent": "printf '10.0.0.2 STREAM tf-serving-replicas\\n10.0.0.2 DGRAM\\n10.0.0.1 STREAM\\n'",
        "vitrine": 'for word in "$@"; do echo "$word"; done',
    }
    for name, line in commands.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HANG_SECONDS, check=True)
    return done.stdout.splitlines()


def test_a_release_names_every_replica_to_the_command(tmp_path: Path) -> None:
    words = arguments_of([word.replace("VERSION_TO_RELEASE", "1795231907") for word in command_of("Job")], tmp_path)
    assert words[:4] == ["release", "promote", "--version", "1795231907"]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--server"] == [
        "http://10.0.0.1:8501",
        "http://10.0.0.2:8501",
    ]
    assert {"--model-config-file", "/models/models.config"} <= set(words)


def test_the_loop_names_every_replica_and_pushes_to_the_models_volume(tmp_path: Path) -> None:
    command = [
        word.replace("/runs", f"{tmp_path}/runs").replace("/etc/loop", "config") for word in command_of("CronJob")
    ]
    for _ in range(2):  # the second pass finds the link
        words = arguments_of(command, tmp_path)
    assert words[:4] == ["loop", "run", "--config", "config/loop.yaml"]
    settings = validate(
        LoopSettings, read_settings(FOLDER / "loop" / "loop.config.yaml", [words[5]], environment={}), "loop.yaml"
    )
    assert settings.release is not None
    assert settings.release.servers == ("http://10.0.0.1:8501", "http://10.0.0.2:8501")
    assert (tmp_path / "runs/shop/serving").readlink() == Path("/models")
    assert load_run_settings(FOLDER / "loop" / "shop.config.yaml").data.spans == "last 30"


def test_a_release_may_reach_tf_serving() -> None:
    (job,) = [pod_of(manifest) for _, manifest in PODS if manifest["metadata"]["name"] == "release"]
    (policy,) = [
        manifest
        for _, manifest in WRITTEN
        if manifest["kind"] == "NetworkPolicy" and manifest["metadata"]["name"] == "tf-serving"
    ]
    (allowed,) = policy["spec"]["ingress"][0]["from"][0]["podSelector"]["matchExpressions"]
    assert job["metadata"]["labels"][allowed["key"]] in allowed["values"]

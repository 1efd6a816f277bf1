"""Kubernetes manifests as objects of its API."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes.client
import yaml

from tests.deploy.dockerfile import ROOT

FOLDER: Final = ROOT / "deploy" / "kubernetes"
PREFIXES: Final = {"autoscaling/v2": "V2"}
SCALARS: Final = {"str": str, "int": int, "bool": bool}


def documents(text: str) -> list[dict[str, Any]]:
    """Parse the objects of a YAML file."""
    return [document for document in yaml.safe_load_all(text) if document]


def sources() -> list[Path]:
    """List the files with objects of the API."""
    return [
        file
        for file in sorted(FOLDER.rglob("*.yaml"))
        if file.name != "kustomization.yaml" and not file.name.endswith(".config.yaml")
    ]


def faults(manifest: dict[str, Any]) -> list[str]:
    """List the faults of a manifest under the API's schema: unknown and missing fields, values of another type."""
    kind = PREFIXES.get(manifest["apiVersion"], "V1") + manifest["kind"]
    return list(_faults(manifest, kind, f"{manifest['kind']} {manifest['metadata']['name']}"))


def _faults(value: Any, kind: str, place: str) -> Iterator[str]:
    if listed := re.fullmatch(r"list\[(.+)\]", kind):
        if not isinstance(value, list):
            yield f"{place}: not a list"
            return
        for number, item in enumerate(value):
            yield from _faults(item, listed[1], f"{place}[{number}]")
    elif mapped := re.fullmatch(r"dict\(str, (.+)\)", kind):
        for name, item in value.items():
            yield from _faults(item, mapped[1], f"{place}.{name}")
    elif kind in SCALARS:
        if type(value) is not SCALARS[kind]:
            yield f"{place}: {value!r} is not {kind}"
    elif kind != "object":
        yield from _object_faults(value, kind, place)


def _object_faults(value: Any, kind: str, place: str) -> Iterator[str]:
    model = getattr(kubernetes.client, kind)
    if not isinstance(value, dict):
        yield f"{place}: not a {kind}"
        return
    attributes = {name: attribute for attribute, name in model.attribute_map.items()}
    yield from (f"{place}.{name}: unknown" for name in value.keys() - attributes.keys())
    known = {attributes[name]: item for name, item in value.items() if name in attributes}
    try:
        model(**known)
    except ValueError as error:
        yield f"{place}: {error}"
    for attribute, item in known.items():
        yield from _faults(item, model.openapi_types[attribute], f"{place}.{model.attribute_map[attribute]}")


def pod_of(manifest: dict[str, Any]) -> dict[str, Any] | None:
    """Return the template of a manifest's pods."""
    spec = manifest.get("spec", {})
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: dict[str, Any] | None = spec["template"] if manifest["kind"] in {"Deployment", "Job", "CronJob"} else None
    return template


def containers_of(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all containers of a pod."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]

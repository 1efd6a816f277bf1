"""The package's metadata: its version in one place, its extras in the lock."""

import json
import re
from importlib.metadata import metadata, version

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import vitrine
from tests.conftest import ROOT
from tests.deploy.distributions import closure, lock_versions

NAME = "vitrine-search"
LOCK = {canonicalize_name(name) for name in lock_versions((ROOT / "requirements.lock").read_text())}
EXTRAS = metadata(NAME).get_all("Provides-Extra") or []
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").rglob("kustomization.yaml"))


def test_the_version_is_that_of_the_module() -> None:
    assert version(NAME) == vitrine.__version__
    assert vitrine.__version__ not in (ROOT / "setup.py").read_text()


def test_all_copies_of_the_version_are_equal() -> None:
    images = [image for file in MANIFESTS for image in yaml.safe_load(file.read_text()).get("images", [])]
    tags = {image["newTag"] for image in images if image["name"].startswith("vitrine-")}
    assert tags == {vitrine.__version__}
    assert json.loads((ROOT / "web" / "openapi.json").read_text())["info"]["version"] == vitrine.__version__
    assert "version" not in json.loads((ROOT / "web" / "package.json").read_text())


@pytest.mark.parametrize("extra", [name for name in EXTRAS if name != "dev"])
def test_an_extra_is_in_the_lock_and_installed(extra: str) -> None:
    requirements = [text for text in metadata(NAME).get_all("Requires-Dist") or [] if f'extra == "{extra}"' in text]
    assert requirements
    assert {canonicalize_name(Requirement(text).name) for text in requirements} <= LOCK
    assert {canonicalize_name(name) for name in closure([f"{NAME}[{extra}]"])} - {NAME} <= LOCK


def test_each_extra_is_explained() -> None:
    page = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `(\w+)` \|", page.split("| extra |", 1)[1].split("\n\n", 1)[0], re.MULTILINE)
    assert explained == [name for name in EXTRAS if name != "dev"]

"""The development container of the repository."""

import json

import yaml

from tests.conftest import ROOT


def test_the_dev_container_is_what_the_workflow_tests_in() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert container["image"] == workflow["jobs"]["test"]["container"]
    steps = "\n".join(step.get("run", "") for step in workflow["jobs"]["test"]["steps"])
    needed = steps.split("--no-install-recommends", 1)[1].split("\n", 1)[0].split()
    assert set(needed) <= set(container["onCreateCommand"].split())

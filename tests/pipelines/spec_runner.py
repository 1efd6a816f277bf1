"""Runs a compiled pipeline as Kubeflow and Vertex do, without a cluster: each node's command line in a fresh process.

As on the platforms, the processes exchange only the ExecutorInput and the ExecutorOutput, as JSON.
"""

import gc
import json
import multiprocessing
import os
import runpy
import subprocess
import sys
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

EXECUTOR_INPUT = "{{$}}"
EXECUTOR_MODULE = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"


@dataclass
class SpecRunner:
    """One run of `spec` below `root`.

    Attributes:
        parameters: values of the pipeline's runtime parameters.
        driver: whether to run a node's driver before its cache look-up, as Vertex does and Kubeflow does not.
        forked: whether to fork the nodes' processes from one that has imported TFX, which saves time.
        artifacts: the RuntimeArtifacts of each node, by node and output.
    """

    spec: dict[str, Any]
    root: Path
    parameters: dict[str, Any]
    driver: bool
    forked: bool = False
    artifacts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def run(self) -> None:
        """Run every task after those that it depends on."""
        tasks = self.spec["root"]["dag"]["tasks"]
        order = {name: set(task.get("dependentTasks", [])) | _producers(task) for name, task in tasks.items()}
        for name in TopologicalSorter(order).static_order():
            self.run_task(name)

    def run_task(self, name: str) -> None:
        """Run one task; those that it depends on must have run."""
        task = self.spec["root"]["dag"]["tasks"][name]
        component = self.spec["components"][task["componentRef"]["name"]]
        executor = self.spec["deploymentSpec"]["executors"][component["executorLabel"]]
        if "resolver" in executor:  # nothing to resolve in a first run
            return
        executor_input = self._executor_input(name, task, component)
        container = executor["container"]
        driver = container.get("lifecycle", {}).get("preCacheCheck")
        if driver and self.driver:
            self._execute(name, [*driver["command"], *driver["args"]], executor_input)
        self._execute(name, [*container["command"], *container["args"]], executor_input)
        executor_output = json.loads(Path(executor_input["outputs"]["outputFile"]).read_text(encoding="utf-8"))
        for key, artifact in self.artifacts[name].items():
            artifact.update(executor_output["artifacts"][key]["artifacts"][0] | {"type": artifact["type"]})

    def path(self, node: str, output: str) -> Path:
        """Return the path of an artifact."""
        return Path(self.artifacts[node][output]["uri"])

    def _executor_input(self, name: str, task: dict[str, Any], component: dict[str, Any]) -> dict[str, Any]:
        inputs = task.get("inputs", {})
        parameters = {
            key: self.parameters[value["componentInputParameter"]]
            if "componentInputParameter" in value
            else value["runtimeValue"]["constant"]
            for key, value in inputs.get("parameters", {}).items()
        }
        artifacts = {}
        for key, value in inputs.get("artifacts", {}).items():
            source = value["taskOutputArtifact"]
            artifact = self.artifacts.get(source["producerTask"], {}).get(source["outputArtifactKey"])
            artifacts[key] = {"artifacts": [artifact] if artifact else []}
        self.artifacts[name] = {
            key: {
                "name": f"projects/1/artifacts/{name}-{key}",
                "type": output["artifactType"],
                "uri": str(self.root / name / key),
                "metadata": output.get("metadata", {}),
            }
            for key, output in component.get("outputDefinitions", {}).get("artifacts", {}).items()
        }
        outputs = {key: {"artifacts": [artifact]} for key, artifact in self.artifacts[name].items()}
        return {
            "inputs": {"parameterValues": parameters, "artifacts": artifacts},
            "outputs": {"artifacts": outputs, "outputFile": str(self.root / name / "executor_output.json")},
        }

    def _execute(self, name: str, command: list[str], executor_input: dict[str, Any]) -> None:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        words = [json.dumps(executor_input) if word == EXECUTOR_INPUT else word for word in command]
        log = folder / "log"
        status = (_forked if self.forked else _spawned)(words, folder, log)
        assert status == 0, f"{name}: {log.read_text(encoding='utf-8', errors='replace')[-4000:]}"


def _spawned(words: list[str], folder: Path, log: Path) -> int:
    """Run a command line without this process's environment, as a container does."""
    environment = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with log.open("wb") as file:
        return subprocess.run(
            words, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT, timeout=600, check=False
        ).returncode


def _forked(words: list[str], folder: Path, log: Path) -> int | None:
    """Run a command line `python -m MODULE …` in a fork of a process that has only imported TFX."""
    interpreter, option, module, *arguments = words
    assert (interpreter, option) == ("python", "-m")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([EXECUTOR_MODULE, "components"])
    process = context.Process(target=_run_module, args=(module, arguments, folder, log))
    process.start()
    process.join(timeout=600)
    return process.exitcode


def _run_module(module: str, arguments: list[str], folder: Path, log: Path) -> None:
    gc.freeze()  # imported objects are frozen out of garbage collection
    os.chdir(folder)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _producers(task: dict[str, Any]) -> set[str]:
    artifacts = task.get("inputs", {}).get("artifacts", {}).values()
    return {value["taskOutputArtifact"]["producerTask"] for value in artifacts}

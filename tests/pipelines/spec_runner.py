"""Runs a compiled pipeline as Kubeflow and Vertex do, without a cluster: each node's command line in a fresh process.

Between the processes there is nothing but what the platforms pass: the ExecutorInput and the ExecutorOutput, as JSON.
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
        driver: whether the step before a node's cache look-up is run, as Vertex does and Kubeflow does not.
        forked: whether the nodes' processes share the time that importing TFX takes, and nothing else.
        artifacts: what each node has made: by node, by output, the RuntimeArtifact.
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
        if "resolver" in executor:  # a first run: there is nothing to find
            return
        given = self._executor_input(name, task, component)
        container = executor["container"]
        before = container.get("lifecycle", {}).get("preCacheCheck")
        if before and self.driver:
            self._execute(name, [*before["command"], *before["args"]], given)
        self._execute(name, [*container["command"], *container["args"]], given)
        made = json.loads(Path(given["outputs"]["outputFile"]).read_text(encoding="utf-8"))
        for key, artifact in self.artifacts[name].items():
            artifact.update(made["artifacts"][key]["artifacts"][0] | {"type": artifact["type"]})

    def path(self, node: str, output: str) -> Path:
        """Where an artifact is."""
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
            found = self.artifacts.get(source["producerTask"], {}).get(source["outputArtifactKey"])
            artifacts[key] = {"artifacts": [found] if found else []}
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

    def _execute(self, name: str, command: list[str], given: dict[str, Any]) -> None:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        words = [json.dumps(given) if word == EXECUTOR_INPUT else word for word in command]
        log = folder / "log"
        status = (_forked if self.forked else _spawned)(words, folder, log)
        assert status == 0, f"{name}: {log.read_text(encoding='utf-8', errors='replace')[-4000:]}"


def _spawned(words: list[str], folder: Path, log: Path) -> int:
    """Run a command line with nothing of this process's environment, as a container does."""
    environment = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with log.open("wb") as file:
        return subprocess.run(
            words, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT, timeout=600, check=False
        ).returncode


def _forked(words: list[str], folder: Path, log: Path) -> int | None:
    """Run a command line `python -m MODULE …` in a copy of a process that has imported TFX, and done nothing else."""
    interpreter, option, module, *arguments = words
    assert (interpreter, option) == ("python", "-m")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([EXECUTOR_MODULE, "components"])
    process = context.Process(target=_run_module, args=(module, arguments, folder, log))
    process.start()
    process.join(timeout=600)
    return process.exitcode


def _run_module(module: str, arguments: list[str], folder: Path, log: Path) -> None:
    gc.freeze()  # what was imported before the fork is nobody's garbage
    os.chdir(folder)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _producers(task: dict[str, Any]) -> set[str]:
    artifacts = task.get("inputs", {}).get("artifacts", {}).values()
    return {value["taskOutputArtifact"]["producerTask"] for value in artifacts}

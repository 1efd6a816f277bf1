"""A compiled pipeline, and its files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.platform_settings import Runner
from vitrine.errors import ConfigError

Json = dict[str, Any]
"""A JSON object in the schema of Kubeflow Pipelines or Vertex, whose SDKs have no types."""


@dataclass(frozen=True)
class CompiledPipeline:
    """A pipeline in the form that platforms accept.

    Attributes:
        spec: the PipelineSpec (schema 2.1), as JSON-able values.
        job: Vertex's PipelineJob around it, with the labels, the root and the parameters' values.
        platform: the platform spec for Kubernetes beside it; empty if there is none.
    """

    spec: Json
    job: Json
    platform: Json

    def write(self, path: Path, runner: Runner) -> None:
        """Write YAML or JSON, by the suffix: Vertex's JSON is the PipelineJob, everything else the PipelineSpec.

        Raises:
            ConfigError: another suffix; or labels for Kubeflow as JSON, which cannot hold them.
        """
        if path.suffix not in {".json", ".yaml", ".yml"}:
            raise ConfigError(f"--output {path}: expected a name that ends with .json or .yaml")
        as_json = path.suffix == ".json"
        if as_json and runner == "kubeflow" and self.platform:
            raise ConfigError(f"--output {path}: Kubeflow takes labels from YAML only; name it {path.stem}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        if as_json:
            document = self.job if runner == "vertex" else self.spec
            text = json.dumps(document, indent=2, sort_keys=True) + "\n"
        else:
            documents = [self.spec, self.platform] if self.platform and runner == "kubeflow" else [self.spec]
            text = yaml.safe_dump_all(documents, sort_keys=True, width=float("inf"))
        path.write_text(text, encoding="utf-8")

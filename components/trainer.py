"""The standard Trainer with an executor whose `run_fn` sees local directories, wherever the artifacts are."""

import json
from itertools import chain
from typing import Any

from tfx import types
from tfx import v1 as tfx
from tfx.components.trainer import executor
from tfx.dsl.components.base import executor_spec
from tfx.types.standard_component_specs import CUSTOM_CONFIG_KEY

from components.staging import on_disk

CODE = "code"
"""The execution property with the stamp of the node's code (`pipelines.stamps`), and the key of the lineage for it."""


class Executor(executor.GenericExecutor):
    """Calls `run_fn` with paths of this machine's disk."""

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Train. Where the node has a stamp of its code, `custom_config` gets it as `lineage.code`, to be recorded."""
        config = json.loads(exec_properties.get(CUSTOM_CONFIG_KEY) or "null") or {}
        if code := exec_properties.get(CODE):
            config["lineage"] = {**config.get("lineage", {}), CODE: code}
            exec_properties = {**exec_properties, CUSTOM_CONFIG_KEY: json.dumps(config)}
        with on_disk(chain(*input_dict.values()), chain(*output_dict.values())):
            super().Do(input_dict, output_dict, exec_properties)


class Trainer(tfx.components.Trainer):
    """As TFX's, with the executor above."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

"""The standard Trainer with an executor that gives `run_fn` local directories, wherever the artifacts are."""

import json
from itertools import chain

from tfx import types
from tfx import v1 as tfx
from tfx.components.trainer import executor
from tfx.dsl.components.base import executor_spec
from tfx.types.standard_component_specs import CUSTOM_CONFIG_KEY

from components.staging import on_disk

CODE = "code"
"""The execution property that holds the node's code stamp (`pipelines.stamps`), and its key in the lineage."""


class Executor(executor.GenericExecutor):
    """Executor that calls `run_fn` with local paths."""

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, object],
    ) -> None:
        """Train. The node's code stamp, if any, is added to `custom_config` as `lineage.code`, to be recorded."""
        custom_config = json.loads(str(exec_properties.get(CUSTOM_CONFIG_KEY) or "null")) or {}
        if code := exec_properties.get(CODE):
            custom_config["lineage"] = {**custom_config.get("lineage", {}), CODE: code}
            exec_properties = {**exec_properties, CUSTOM_CONFIG_KEY: json.dumps(custom_config)}
        with on_disk(chain(*input_dict.values()), chain(*output_dict.values())):
            super().Do(input_dict, output_dict, exec_properties)


class Trainer(tfx.components.Trainer):
    """TFX's Trainer with the staging executor."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

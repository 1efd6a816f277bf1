"""The standard Pusher with an executor that makes a version appear all at once.

TFX's own copies into the version's directory, so a model server that looks in the middle, or a run killed there, sees
half a version. This one copies beside it and renames, and takes the version from the blessing, so that all that one
blessing lets through is pushed under the same number, and pushing it again does nothing.
"""

import shutil
from pathlib import Path
from typing import Any

from tfx import types
from tfx import v1 as tfx
from tfx.components.pusher import executor
from tfx.dsl.components.base import executor_spec
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

VERSION_PROPERTY = "version"


class Executor(executor.Executor):
    """Pushes to a local directory atomically, and elsewhere as TFX does."""

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Push the model if it is blessed."""
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.PUSH_DESTINATION_KEY], destination)
        base = destination.filesystem.base_directory
        if "://" in base:  # object stores have no rename; TFX copies saved_model.pb last instead
            super().Do(input_dict, output_dict, exec_properties)
            return
        pushed = artifact_utils.get_single_instance(output_dict[standard_component_specs.PUSHED_MODEL_KEY])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        blessing = artifact_utils.get_single_instance(input_dict[standard_component_specs.MODEL_BLESSING_KEY])
        version = blessing.get_string_custom_property(VERSION_PROPERTY)
        target = push_version(Path(self.GetModelPath(input_dict)), Path(base), version)
        self._MarkPushed(pushed, pushed_destination=str(target), pushed_version=version)


def push_version(source: Path, base: Path, version: str) -> Path:
    """Copy `source` to `base/version`, which appears complete or not at all; return it.

    A version that is there already is left as it is. What earlier, killed pushes left behind is removed.
    """
    target = base / version
    if target.exists():
        return target
    base.mkdir(parents=True, exist_ok=True)
    for leftover in base.glob(".*.incomplete"):
        shutil.rmtree(leftover)
    staging = base / f".{version}.incomplete"  # model servers look at numbers only
    shutil.copytree(source, staging)
    staging.rename(target)
    return target


def Pusher(  # noqa: N802  # builds a component
    model: types.BaseChannel, blessing: types.BaseChannel, base_directory: str
) -> tfx.components.Pusher:
    """Return TFX's Pusher of `model` to `base_directory/<version>` with the executor above."""
    filesystem = tfx.proto.PushDestination.Filesystem(base_directory=base_directory)
    return tfx.components.Pusher(
        model=model,
        model_blessing=blessing,
        push_destination=tfx.proto.PushDestination(filesystem=filesystem),
        custom_executor_spec=executor_spec.ExecutorClassSpec(Executor),
    )

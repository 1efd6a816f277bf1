"""The standard Pusher with an executor that makes a version appear atomically.

TFX's executor copies into the version's directory, so a model server that polls during the copy, or a run killed then,
leaves half a version. This one copies beside it and renames. It takes the version from the blessing, so that all models
of one blessing are pushed under the same number, and pushing again changes nothing.
"""

import re
import shutil
from pathlib import Path

from tfx import types
from tfx import v1 as tfx
from tfx.components.pusher import executor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.proto import pusher_pb2
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, proto_utils

from components.staging import is_remote, on_disk
from vitrine.evaluation.model_card import MODEL_CARD

VERSION_PROPERTY = "version"
SAVED_MODEL = "saved_model.pb"


class Executor(executor.Executor):
    """Executor that pushes atomically to a local directory, and to a bucket with `saved_model.pb` last."""

    def Do(  # noqa: N802  # TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, object],
    ) -> None:
        """Push the model if it is blessed."""
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.PUSH_DESTINATION_KEY], destination)
        base = destination.filesystem.base_directory
        pushed = artifact_utils.get_single_instance(output_dict[standard_component_specs.PUSHED_MODEL_KEY])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        blessing = artifact_utils.get_single_instance(input_dict[standard_component_specs.MODEL_BLESSING_KEY])
        version = blessing.get_string_custom_property(VERSION_PROPERTY)
        if is_remote(base):
            target = copy_version(self.GetModelPath(input_dict), base, version, blessing.uri)
        else:
            with on_disk(input_dict[standard_component_specs.MODEL_KEY], ()):
                target = str(push_version(Path(self.GetModelPath(input_dict)), Path(base), version, blessing.uri))
        self._MarkPushed(pushed, pushed_destination=target, pushed_version=version)


def push_version(source: Path, base: Path, version: str, blessing: str | None = None) -> Path:
    """Copy `source` to `base/version` atomically, with the model card of its `blessing`; return that directory.

    An existing version is left unchanged. Incomplete copies of earlier, killed pushes are removed.
    """
    target = base / version
    if target.exists():
        return target
    base.mkdir(parents=True, exist_ok=True)
    for leftover in base.glob(".*.incomplete"):
        shutil.rmtree(leftover)
    staging = base / f".{version}.incomplete"  # model servers ignore names that are not numbers
    shutil.copytree(source, staging)
    if blessing and fileio.exists(card := f"{blessing}/{MODEL_CARD}"):
        fileio.copy(card, str(staging / MODEL_CARD))
    staging.rename(target)
    return target


def copy_version(source: str, base: str, version: str, blessing: str | None = None) -> str:
    """Copy `source` to `base/version` in a bucket, with the model card of its `blessing`; return that URI.

    Buckets have no rename, so `saved_model.pb` is copied last. Model servers treat a version without that file as
    incomplete, and so does this function.
    """
    target = f"{base}/{version}"
    if not fileio.exists(f"{target}/{SAVED_MODEL}"):
        io_utils.copy_dir(source, target, deny_regex_patterns=[rf"/{re.escape(SAVED_MODEL)}$"])
        if blessing and fileio.exists(card := f"{blessing}/{MODEL_CARD}"):
            fileio.copy(card, f"{target}/{MODEL_CARD}")
        if fileio.exists(f"{source}/{SAVED_MODEL}"):
            io_utils.copy_file(f"{source}/{SAVED_MODEL}", f"{target}/{SAVED_MODEL}")
    return target


class Pusher(tfx.components.Pusher):
    """TFX's Pusher to `base_directory/<version>`, with the atomic executor."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(self, model: types.BaseChannel, blessing: types.BaseChannel, base_directory: str) -> None:
        filesystem = tfx.proto.PushDestination.Filesystem(base_directory=base_directory)
        destination = tfx.proto.PushDestination(filesystem=filesystem)
        super().__init__(model=model, model_blessing=blessing, push_destination=destination)

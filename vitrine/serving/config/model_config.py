"""The `ModelServerConfig` that lists the models to serve, from a file or a request.

The checks and their messages are those of TF Serving's `server_core.cc`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vitrine.saved_model.status import ApiError, invalid
from vitrine.serving.config.text_proto import parse_text
from vitrine.serving.config.version_policy import All, Latest, Policy, Specific

if TYPE_CHECKING:
    from tensorflow_serving.config import model_server_config_pb2

PLATFORM: Final = "tensorflow"
_SCHEME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


@dataclass(frozen=True)
class ModelConfig:
    """A model to serve.

    Attributes:
        base_path: The directory of its versions.
        policy: The version policy.
        labels: Version by version label.
    """

    base_path: Path
    policy: Policy = field(default_factory=Latest)
    labels: Mapping[str, int] = field(default_factory=dict)


ModelConfigs = dict[str, ModelConfig]


def parse_config(text: str, file: Path) -> model_server_config_pb2.ModelServerConfig:
    """Parse the `ModelServerConfig` in `text`, the content of `file`.

    Raises:
        ServeError: The text is not such a message; the error names the file and the line.
    """
    from tensorflow_serving.config import model_server_config_pb2

    return parse_text(text, model_server_config_pb2.ModelServerConfig(), file)


def model_configs(config: model_server_config_pb2.ModelServerConfig) -> ModelConfigs:
    """Return the models of a `ModelServerConfig` by name.

    Raises:
        ApiError: INVALID_ARGUMENT for anything but a list of different TensorFlow models with absolute paths.
    """
    if config.HasField("custom_model_config"):
        raise invalid("A custom_model_config is not supported; list the models in model_config_list.")
    models: ModelConfigs = {}
    for entry in config.model_config_list.config:
        if entry.name in models:
            raise invalid(f"Illegal to list model {entry.name} multiple times in config list")
        _check_platform(entry)
        models[entry.name] = ModelConfig(_base_path(entry), _policy(entry), dict(entry.version_labels))
    return models


def _base_path(entry: model_server_config_pb2.ModelConfig) -> Path:
    if _SCHEME.match(entry.base_path):
        raise invalid(f"Model {entry.name} has base_path {entry.base_path}; only directories can be served from.")
    if not Path(entry.base_path).is_absolute():
        raise invalid(f"Expected model {entry.name} to have an absolute path or URI; got base_path()={entry.base_path}")
    return Path(entry.base_path)


def _check_platform(entry: model_server_config_pb2.ModelConfig) -> None:
    from tensorflow_serving.config import model_server_config_pb2

    platform = entry.model_platform
    if entry.model_type != model_server_config_pb2.MODEL_TYPE_UNSPECIFIED:
        if platform:
            raise invalid(
                "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform."
            )
        if entry.model_type != model_server_config_pb2.TENSORFLOW:
            raise invalid(f"ModelServerConfig::model_type choice {entry.model_type} not supported.")
        platform = PLATFORM
    if not platform:
        raise invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform."
        )
    if platform != PLATFORM:
        raise invalid(f"Model {entry.name} requests unsupported platform {platform}")


def _policy(entry: model_server_config_pb2.ModelConfig) -> Policy:
    match entry.model_version_policy.WhichOneof("policy_choice"):
        case "all":
            return All()
        case "specific":
            return Specific(frozenset(entry.model_version_policy.specific.versions))
        case _:
            return Latest(max(entry.model_version_policy.latest.num_versions, 1))


def cannot_label(model: str, version: int) -> ApiError:
    """Return the error for a label of a version that does not serve."""
    return ApiError(
        "FAILED_PRECONDITION",
        f"Request to assign label to version {version} of model {model}, "
        "which is not currently available for inference",
    )

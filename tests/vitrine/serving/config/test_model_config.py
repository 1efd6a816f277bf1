from pathlib import Path
from typing import Any

import pytest

from vitrine.errors import ServeError
from vitrine.saved_model.status import ApiError
from vitrine.serving.config.model_config import ModelConfig, model_configs, parse_config
from vitrine.serving.config.version_policy import All, Latest, Specific

FILE = Path("models.config")


def models(text: str) -> Any:
    return model_configs(parse_config(text, FILE))


def entry(more: str) -> str:
    return f'model_config_list {{ config {{ name: "shop" base_path: "/models/shop" {more} }} }}'


def test_a_config_lists_models_with_their_versions_and_labels() -> None:
    parsed = models(
        """
        model_config_list {
          config { name: "shop" base_path: "/models/shop" model_platform: "tensorflow" }
          config {
            name: "pairs"  # a comment
            base_path: "/models/pairs"
            model_platform: "tensorflow"
            model_version_policy { specific { versions: 3 versions: 5 } }
            version_labels { key: "stable" value: 3 }
            version_labels { key: "canary" value: 5 }
          }
        }
        """
    )
    assert parsed == {
        "shop": ModelConfig(Path("/models/shop"), Latest(1), {}),
        "pairs": ModelConfig(Path("/models/pairs"), Specific(frozenset({3, 5})), {"stable": 3, "canary": 5}),
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("all {}", All()),
        ("latest {}", Latest(1)),
        ("latest { num_versions: 3 }", Latest(3)),
        ("", Latest(1)),
        ("specific {}", Specific(frozenset())),
    ],
)
def test_a_policy_is_one_of_three(policy: str, expected: object) -> None:
    text = entry(f'model_platform: "tensorflow" model_version_policy {{ {policy} }}')
    assert models(text)["shop"].policy == expected


def test_the_old_way_to_name_the_platform_is_understood() -> None:
    assert models(entry("model_type: TENSORFLOW")).keys() == {"shop"}


def test_no_models_are_a_config_too() -> None:
    assert models("model_config_list {}") == models("") == {}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("", "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "),
        ('model_type: TENSORFLOW model_platform: "tensorflow"', "Illegal setting both ModelServerConfig::model_type "),
        ("model_type: OTHER", "ModelServerConfig::model_type choice 2 not supported."),
        ('model_platform: "caffe"', "Model shop requests unsupported platform caffe"),
    ],
)
def test_only_tensorflow_models_are_served(more: str, message: str) -> None:
    with pytest.raises(ApiError) as raised:
        models(entry(more))
    assert (raised.value.code, raised.value.message.startswith(message)) == ("INVALID_ARGUMENT", True)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("models/shop", "Expected model shop to have an absolute path or URI; got base_path()=models/shop"),
        ("", "Expected model shop to have an absolute path or URI; got base_path()="),
        ("gs://bucket/shop", "Model shop has base_path gs://bucket/shop; only directories can be served from."),
    ],
)
def test_a_base_path_is_an_absolute_directory(path: str, message: str) -> None:
    text = f'model_config_list {{ config {{ name: "shop" base_path: "{path}" model_platform: "tensorflow" }} }}'
    with pytest.raises(ApiError) as raised:
        models(text)
    assert raised.value.message == message


def test_a_custom_config_is_refused() -> None:
    with pytest.raises(ApiError, match="A custom_model_config is not supported"):
        models("custom_model_config {}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'model_config_list {\n  config {\n    nme: "shop"\n  }\n}',
            'models.config:3: Message type "tensorflow.serving.ModelConfig" has no field named "nme".',
        ),
        ('model_config_list {\n  config {\n    name: "shop"', 'models.config:3: Expected "}".'),
        ("model_config_list {\n  config { name: 3 }\n}", "models.config:2: Expected string but found: '3'"),
        ("model_config_list {\n  config { base_path: 'x }\n}", "models.config:2: "),
    ],
)
def test_a_malformed_file_is_told_by_file_line_and_fault(text: str, message: str) -> None:
    with pytest.raises(ServeError) as raised:
        models(text)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)

from pathlib import Path

import pytest

from pipelines.loop.rollout import labels
from pipelines.loop.settings import ReleaseSettings
from vitrine.errors import ConfigError


def settings(folder: Path, labelled: str) -> ReleaseSettings:
    (folder / "models.config").write_text(
        f'model_config_list {{ config {{ name: "product_search" base_path: "{folder}" model_platform: "tensorflow" '
        f"model_version_policy {{ specific {{ versions: 7 }} }} {labelled} }} }}"
    )
    return ReleaseSettings(model_config_file=folder / "models.config")


def test_the_labels_are_those_of_the_configuration_file(tmp_path: Path) -> None:
    assert labels(settings(tmp_path, 'version_labels { key: "stable" value: 7 }')) == {"stable": 7}


def test_a_model_without_a_stable_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no version of product_search is labelled stable"):
        labels(settings(tmp_path, 'version_labels { key: "canary" value: 7 }'))


def test_a_missing_configuration_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"release\.model_config_file .*models\.config: No such file"):
        labels(ReleaseSettings(model_config_file=tmp_path / "models.config"))

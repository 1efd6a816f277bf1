import re
from pathlib import Path

import pytest
import safetensors.numpy

from pipelines.settings_checks import require, require_cron, require_cross_encoders, require_here, require_judgements
from tests.pipelines.platforms.specs import run_settings
from vitrine.errors import ConfigError, DataError


def test_what_a_platform_needs_is_enough() -> None:
    require(run_settings())
    require(run_settings("data.dir=/mnt/data", "data.image_root=gs://images"))


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        (
            "platform.image=",
            "platform.image: missing; set it in the file or with --set platform.image=registry.example/",
        ),
        (
            "platform.root=",
            "platform.root: missing; set it in the file or with --set platform.root=gs://bucket/vitrine",
        ),
        ("data.dir=data/sample", "data.dir: 'data/sample' is relative, and nodes run elsewhere; use a bucket's URI"),
        ("data.image_root=images", "data.image_root: 'images' is relative"),
        ("name=summer_sale", "name: 'summer_sale' cannot be a pipeline's name on Kubeflow and Vertex"),
    ],
)
def test_missing_settings_and_local_paths_are_named(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        require(run_settings(assignment.replace("platform.image=", "platform.image=''")))
    assert str(caught.value).startswith(message)


DATAFLOW = (
    "beam.runner=dataflow", "beam.dataflow={project: shop, image: 'example/vitrine:1', temp: 'gs://bucket/temp'}"
)  # fmt: skip


def test_dataflow_works_on_buckets_only() -> None:
    require(run_settings(*DATAFLOW))
    with pytest.raises(ConfigError, match=r"^platform\.root: '/mnt/runs' is not a bucket, and Dataflow's workers"):
        require(run_settings(*DATAFLOW, "platform.root=/mnt/runs"))
    with pytest.raises(
        ConfigError, match=r"^beam\.runner: 'dataflow' has workers that cannot reach this machine's disk"
    ):
        require_here(run_settings(*DATAFLOW))


def test_missing_settings_of_beam_are_reported_before_anything_is_loaded() -> None:
    for check in (require, require_here):
        with pytest.raises(ConfigError, match=r"^beam\.flink\.job_server: missing"):
            check(run_settings("beam.runner=flink"))


def test_a_folder_with_a_catalogue_alone_is_told_the_ways_to_judgements(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    with pytest.raises(DataError, match=r"judgements: no such folder; .*--judgements derived.*vitrine judge"):
        require_judgements(run_settings(f"data.dir={tmp_path}"))
    (tmp_path / "judgements").mkdir()
    require_judgements(run_settings(f"data.dir={tmp_path}"))


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("platform.root=bucket/vitrine", "platform.root: 'bucket/vitrine' is not allowed"),
        ("platform.resources.Trainer.memory=16 gigs", "platform.resources.Trainer.memory: '16 gigs' is not allowed"),
        ("platform.resources.Trainer.gpu=1", "platform.resources.Trainer.gpu: unknown key; known here: accelerator,"),
        ("platform.labels={Team: search}", "platform.labels.Team"),
        ("platform.vertex.endpoint={name: a}", "platform.vertex.endpoint.image: missing"),
    ],
)
def test_settings_are_validated_when_they_are_read(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_settings(assignment)
    assert str(Path("configs/sample.yaml")) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("cron", ["0 3 * * *", "TZ=Europe/Rome 0 3 * * 1-5"])
def test_a_schedule_has_five_fields(cron: str) -> None:
    require_cron(cron)
    with pytest.raises(ConfigError, match="expected five fields, such as"):
        require_cron(cron + " *")


def test_cross_encoders_are_checked_before_a_run_begins(tmp_path: Path) -> None:
    require_cross_encoders(run_settings())
    for setting in ("search.cross_encoder", "trainer.teacher"):
        with pytest.raises(ConfigError, match=rf"{re.escape(setting)}\.source: 'nowhere' is not a directory"):
            require_cross_encoders(run_settings(f"{setting}.source=nowhere"))
    (tmp_path / "config.json").write_text('{"model_type": "bert", "architectures": ["BertModel"]}')
    (tmp_path / "model.safetensors").write_bytes(safetensors.numpy.save({}))
    with pytest.raises(DataError, match="architectures is BertModel; a cross-encoder is a"):
        require_cross_encoders(run_settings(f"trainer.teacher.source={tmp_path}"))

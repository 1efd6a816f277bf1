from pathlib import Path

import pytest

from pipelines.settings_checks import require, require_cron, require_here
from tests.pipelines.platforms.specs import config
from vitrine.errors import ConfigError


def test_what_a_platform_needs_is_enough() -> None:
    require(config())
    require(config("data.dir=/mnt/data", "data.image_root=gs://pictures"))


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        (
            "platform.image=",
            "platform.image: missing; give it in the file or as --set platform.image=registry.example/",
        ),
        ("platform.root=", "platform.root: missing; give it in the file or as --set platform.root=gs://bucket/vitrine"),
        ("data.dir=data/sample", "data.dir: 'data/sample' is relative, and nodes run elsewhere; give a bucket's URI"),
        ("data.image_root=images", "data.image_root: 'images' is relative"),
        ("name=summer_sale", "name: 'summer_sale' cannot be a pipeline's name on Kubeflow and Vertex"),
    ],
)
def test_what_is_missing_or_means_something_here_only_is_named(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        require(config(assignment.replace("platform.image=", "platform.image=''")))
    assert str(caught.value).startswith(message)


DATAFLOW = (
    "beam.runner=dataflow", "beam.dataflow={project: shop, image: 'example/vitrine:1', temp: 'gs://bucket/temp'}"
)  # fmt: skip


def test_dataflow_works_on_buckets_only() -> None:
    require(config(*DATAFLOW))
    with pytest.raises(ConfigError, match=r"^platform\.root: '/mnt/runs' is no bucket, and Dataflow's workers"):
        require(config(*DATAFLOW, "platform.root=/mnt/runs"))
    with pytest.raises(ConfigError, match=r"^beam\.runner: 'dataflow' has workers that do not see this machine's disk"):
        require_here(config(*DATAFLOW))


def test_what_beam_lacks_is_said_before_anything_is_loaded() -> None:
    for check in (require, require_here):
        with pytest.raises(ConfigError, match=r"^beam\.flink\.job_server: missing"):
            check(config("beam.runner=flink"))


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
def test_settings_are_checked_where_they_are_read(assignment: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(assignment)
    assert str(Path("configs/sample.yaml")) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("cron", ["0 3 * * *", "TZ=Europe/Rome 0 3 * * 1-5"])
def test_a_schedule_has_five_fields(cron: str) -> None:
    require_cron(cron)
    with pytest.raises(ConfigError, match="expected five fields, such as"):
        require_cron(cron + " *")

"""Checks of settings that a runner requires, before TFX is loaded."""

import re
from pathlib import Path
from typing import Final

from pipelines.beam.arguments import beam_arguments
from pipelines.settings import RunSettings
from vitrine.data.contract.missing_judgements import no_judgements
from vitrine.errors import ConfigError, DataError

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")


def require_here(settings: RunSettings) -> None:
    """Check settings of a local run.

    Raises:
        ConfigError: Beam's settings are incomplete, or its workers cannot reach this machine's disk.
        DataError: There is no data folder.
    """
    beam_arguments(settings.beam)
    if settings.beam.runner == "dataflow":
        raise ConfigError(
            "beam.runner: 'dataflow' has workers that cannot reach this machine's disk, where `vitrine run` keeps its "
            "artifacts; `vitrine submit --runner vertex --beam-runner dataflow` keeps them in a bucket"
        )
    if not Path(settings.data.dir).is_dir():
        raise DataError(
            f"data.dir {settings.data.dir}: no such folder; `vitrine sample --output {settings.data.dir}` makes one, "
            "and `vitrine prepare` makes one of your data"
        )


def require_engine(settings: RunSettings, output: Path) -> RunSettings:
    """Check the Flink cluster of a local run, if it has one; return the settings with the cluster's parallelism.

    `output` is the run's directory, which exists. Other engines are not checked.

    Raises:
        ConfigError: workers have other versions, or do not see the folders of data and of the run.
        EngineError: the job server, Flink or a worker pool cannot be reached, or there are too few slots.
    """
    if settings.beam.runner != "flink":
        return settings
    from pipelines.beam.flink.preflight import probe_workers, require_cluster

    beam = require_cluster(settings.beam)
    folders = (Path(settings.data.dir).resolve(), Path(settings.data.images).resolve())
    probe_workers(beam, tuple(str(folder) for folder in folders if folder.is_dir()), output.resolve())
    return settings.model_copy(update={"beam": beam})


def require_cross_encoders(settings: RunSettings) -> None:
    """Check the cross-encoders of the settings, which are read by the last nodes of a run.

    Raises:
        ConfigError: a source does not exist.
        DataError: it is no cross-encoder, or its files ask for something that is not supported.
    """
    named = {"search.cross_encoder": settings.search.cross_encoder, "trainer.teacher": settings.trainer.teacher}
    sources = {setting: source for setting, source in named.items() if source}
    if sources:
        from vitrine.cross_encoder.calibrated import require_source  # loads TensorFlow

        for setting, source in sources.items():
            require_source(source, setting)


def require_judgements(settings: RunSettings) -> None:
    """Raise DataError if the data folder of a local run has a catalogue only, with the ways to judgements."""
    folder = Path(settings.data.dir)
    if (folder / "catalogue").is_dir() and not (folder / "judgements").is_dir():
        raise no_judgements(f"{folder / 'judgements'}: no such folder", folder)


def require(settings: RunSettings) -> None:
    """Raise ConfigError if a setting of the platform is missing, or is valid on this machine only."""
    beam_arguments(settings.beam)
    for key, example in (("image", "registry.example/vitrine/pipeline:1.0"), ("root", "gs://bucket/vitrine")):
        if not getattr(settings.platform, key):
            raise ConfigError(f"platform.{key}: missing; set it in the file or with --set platform.{key}={example}")
    if settings.beam.runner == "dataflow" and not str(settings.platform.root).startswith("gs://"):
        raise ConfigError(
            f"platform.root: {settings.platform.root!r} is not a bucket, and Dataflow's workers mount no volume; "
            "use --set platform.root=gs://bucket/vitrine"
        )
    if not NAME.fullmatch(settings.name):
        raise ConfigError(
            f"name: {settings.name!r} cannot be a pipeline's name on Kubeflow and Vertex, which allow small letters, "
            "digits and hyphens; choose another with --set name=…"
        )
    for key, path in (("data.dir", settings.data.dir), ("data.image_root", settings.data.images)):
        if "://" not in path and not path.startswith("/"):
            raise ConfigError(
                f"{key}: {path!r} is relative, and nodes run elsewhere; use a bucket's URI, or the absolute path of "
                f"a volume that they mount: --set {key}=gs://bucket/data"
            )


def require_cron(cron: str) -> None:
    """Raise ConfigError if `cron` does not have five fields."""
    if len(cron.split()) != 5 + cron.startswith("TZ="):
        raise ConfigError(
            f"--schedule {cron!r}: expected five fields, such as '0 3 * * *': minute, hour, day, month, day of the week"
        )

"""What a configuration must say before its pipeline can run on another machine; checked before TFX is loaded."""

import re
from typing import Final

from pipelines.beam.arguments import beam_arguments
from pipelines.settings import RunSettings
from vitrine.errors import ConfigError

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")


def require_here(config: RunSettings) -> None:
    """Raise ConfigError where Beam is not told enough, or its workers could not see this machine's disk."""
    beam_arguments(config.beam)
    if config.beam.runner == "dataflow":
        raise ConfigError(
            "beam.runner: 'dataflow' has workers that do not see this machine's disk, where `vitrine run` keeps its "
            "artifacts; `vitrine submit --runner vertex --beam-runner dataflow` keeps them in a bucket"
        )


def require(config: RunSettings) -> None:
    """Raise ConfigError where something is missing, or has a meaning on this machine only."""
    beam_arguments(config.beam)
    for key, example in (("image", "registry.example/vitrine/pipeline:1.0"), ("root", "gs://bucket/vitrine")):
        if not getattr(config.platform, key):
            raise ConfigError(f"platform.{key}: missing; give it in the file or as --set platform.{key}={example}")
    if config.beam.runner == "dataflow" and not str(config.platform.root).startswith("gs://"):
        raise ConfigError(
            f"platform.root: {config.platform.root!r} is no bucket, and Dataflow's workers mount no volume; "
            "give --set platform.root=gs://bucket/vitrine"
        )
    if not NAME.fullmatch(config.name):
        raise ConfigError(
            f"name: {config.name!r} cannot be a pipeline's name on Kubeflow and Vertex, which know small letters, "
            "digits and hyphens; give another with --set name=…"
        )
    for key, place in (("data.dir", config.data.dir), ("data.image_root", config.data.images)):
        if "://" not in place and not place.startswith("/"):
            raise ConfigError(
                f"{key}: {place!r} is relative, and nodes run elsewhere; give a bucket's URI, or the absolute path of "
                f"a volume that they mount: --set {key}=gs://bucket/data"
            )


def require_cron(cron: str) -> None:
    """Raise ConfigError where `cron` has not five fields."""
    if len(cron.split()) != 5 + cron.startswith("TZ="):
        raise ConfigError(
            f"--schedule {cron!r}: expected five fields, such as '0 3 * * *': minute, hour, day, month, day of the week"
        )

"""The kinds of pipelines."""

from typing import Final, Literal

Kind = Literal["run", "refresh"]
"""`run`, the whole pipeline, or `refresh`, the catalogue run."""
BLESSED_RUN_NODE: Final = "BlessedRun"
"""The node that catalogue runs have, and no others."""


def pipeline_name(name: str, kind: Kind) -> str:
    """Return the name of a pipeline on a platform, which has a schedule for each name."""
    return name if kind == "run" else f"{name}-{kind}"

"""The kinds of pipelines."""

from collections.abc import Container
from typing import Final, Literal

Kind = Literal["run", "refresh"]
"""`run`, the whole pipeline, or `refresh`, the catalogue run."""
BLESSED_RUN_NODE: Final = "BlessedRun"
"""The node that catalogue runs have, and no others."""


def kind_of(nodes: Container[str]) -> Kind:
    """Return the kind of the pipeline with these nodes."""
    return "refresh" if BLESSED_RUN_NODE in nodes else "run"


def pipeline_name(name: str, kind: Kind) -> str:
    """Return the name of a pipeline on a platform, which has a schedule for each name."""
    return name if kind == "run" else f"{name}-{kind}"

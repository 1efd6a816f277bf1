"""The structure of `report.json`. Imports nothing heavy."""

from typing import Literal, TypedDict

from pydantic import JsonValue

from vitrine.evaluation.metrics_file import Evaluation


class EncoderFigures(TypedDict, total=False):
    """The encoder of the vectors; nothing if no vectors were made."""

    fingerprint: JsonValue
    dimension: JsonValue
    undecodable_images: dict[str, str]


class Report(Evaluation):
    """The report of a run, with the metrics of its evaluation. `error` is the reason of a failure.

    `seconds`, `states` and `peak_mib` are by node, `pushed` has each pushed model's destination.
    """

    name: str
    status: Literal["pushed", "refused", "failed"]
    error: str | None
    encoder: EncoderFigures
    seconds: dict[str, float]
    states: dict[str, str]
    pushed: dict[str, str]
    peak_mib: dict[str, int]

"""The structure of `report.json`. Imports nothing heavy."""

from typing import Final, Literal, TypedDict

from pydantic import JsonValue

from pipelines.kinds import Kind
from vitrine.benchmark.encoders.table_json import EncoderTable
from vitrine.categories.figures import CategoryFigures
from vitrine.data.contract.moved_queries import MoveJson
from vitrine.evaluation.metrics_file import Evaluation, Standing
from vitrine.tuning.figures import TuningFigures

REPORT_JSON: Final = "report.json"
REPORT_MARKDOWN: Final = "report.md"


class EncoderFigures(TypedDict, total=False):
    """The encoder of the vectors, what tuning it gave, and its table; nothing if no vectors were made.

    `table` is that of `vitrine benchmark --encoders`, if this encoder is in it.
    """

    fingerprint: JsonValue
    dimension: JsonValue
    undecodable_images: dict[str, str]
    tuning: TuningFigures
    table: EncoderTable


class Report(Evaluation):
    """The report of a run, with the metrics of its evaluation. `error` is the reason of a failure.

    `summary` says how the search model stands to BM25 over the whole catalogue and whose judgements say so, if not
    people's; `standing` says it in a word. Both are None without an evaluation that compared them. `kind` is `refresh`
    for a catalogue run. `drift` has a sentence for each column that is distributed otherwise than in the served model's
    data, `moved` the queries whose split changes between the spans of the window. `categories` has the figures of the
    category head, None where the run has not trained one.
    `seconds`, `states` and `peak_mib` are by node, `pushed` has each pushed model's destination.
    """

    name: str
    kind: Kind
    status: Literal["pushed", "refused", "failed"]
    error: str | None
    standing: Standing | None
    summary: str | None
    encoder: EncoderFigures
    seconds: dict[str, float]
    states: dict[str, str]
    categories: CategoryFigures | None
    drift: list[str]
    moved: list[MoveJson]
    pushed: dict[str, str]
    peak_mib: dict[str, int]

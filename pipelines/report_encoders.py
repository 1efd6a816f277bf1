"""The table of encoders in the report of a run, also of a run that ended before the table was made."""

import json
from pathlib import Path

from pipelines.report_json import REPORT_JSON, REPORT_MARKDOWN, EncoderFigures, Report
from pipelines.report_markdown import as_markdown
from pipelines.run_directory import RunDirectory
from vitrine.benchmark.encoders.table_json import FILE, EncoderTable
from vitrine.files.replacing import write_text


def add_table(encoder: EncoderFigures, folder: Path) -> None:
    """Add the table of encoders in a folder, if there is one with this encoder in it."""
    if not (folder / FILE).is_file():
        return
    table: EncoderTable = json.loads((folder / FILE).read_text(encoding="utf-8"))
    if encoder.get("fingerprint") in [compared["fingerprint"] for compared in table["encoders"]]:
        encoder["table"] = table


def update_report(directory: RunDirectory) -> None:
    """Write the report of the run again with the table; a run without a report gets none."""
    file = directory.output / REPORT_JSON
    if not file.is_file():
        return
    report: Report = json.loads(file.read_text(encoding="utf-8"))
    add_table(report["encoder"], directory.benchmark)
    write_text(file, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    write_text(directory.output / REPORT_MARKDOWN, as_markdown(report))

"""Data that violates its contract stops a run before anything is encoded, with a readable message."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv


def spoil(path: Path, **columns: object) -> None:
    """Write other values into the first row; None drops the column."""
    table = pa.csv.read_csv(path, convert_options=pa.csv.ConvertOptions(strings_can_be_null=False))
    for name, value in columns.items():
        position = table.schema.get_field_index(name)
        values = [value, *table[name].to_pylist()[1:]]
        table = table.remove_column(position) if value is None else table.set_column(position, name, pa.array(values))
    pa.csv.write_csv(table, path)


def test_anomalies_stop_the_run_before_any_encoding(
    vitrine, tiny_config: Path, editable_data: Path, tmp_path: Path
) -> None:
    spoil(editable_data / "judgements" / "train" / "judgements.csv", esci_label="X")
    spoil(editable_data / "judgements" / "eval" / "judgements.csv", query=None)
    spoil(editable_data / "catalogue" / "products.csv", price=-4.0)
    output = tmp_path / "run"
    done = vitrine("run", "--config", tiny_config, "--set", f"data.dir={editable_data}", "--output", output)

    assert done.returncode == 3, done.stderr
    first, *anomalies, last = done.stderr.strip().splitlines()
    assert first == f"error: the data has {len(anomalies)} anomalies, so nothing was encoded:"
    assert any(line.startswith("  - judgements/train: column esci_label: ") and "X" in line for line in anomalies)
    assert any(line.startswith("  - judgements/eval: column query: ") for line in anomalies)
    assert any(line.startswith("  - catalogue: column price: ") and "-4" in line for line in anomalies)
    assert last == "Correct the files, or prepare them again with `vitrine prepare … --on-error skip`."
    assert "✗ AnomalyGate" in done.stdout

    ran = {path.name for path in (output / "artifacts").iterdir()}
    assert {"JudgementExampleValidator", "CatalogueExampleValidator"} <= ran
    assert ran & {"ClipTrainer", "EmbeddingGen", "Trainer"} == set()
    assert not (output / "serving").exists()
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    assert (report["status"], report["states"]["AnomalyGate"], report["pushed"]) == ("failed", "failed", {})
    assert "column esci_label" in report["error"]

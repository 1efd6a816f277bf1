"""The notebooks, each executed in its own kernel on the full run, against the run's report."""

import json
from copy import deepcopy
from io import StringIO
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat import NotebookNode

from notebooks.execute import FOLDER, INTERACTIVE, execute, strip
from pipelines.run_discovery import RUN_VARIABLE
from tests.conftest import ROOT, SampleRun

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST, LARGEST_FOLDER = 10**6, 3 * 10**6


@pytest.fixture
def on_sample(sample_run: SampleRun, monkeypatch: pytest.MonkeyPatch) -> SampleRun:
    monkeypatch.setenv(RUN_VARIABLE, str(sample_run.output))
    return sample_run


def run(name: str) -> NotebookNode:
    """Execute a notebook, and assert that standard error is empty."""
    notebook = execute(FOLDER / name)
    assert [output.text for output in outputs(notebook) if output.get("name") == "stderr"] == []
    return notebook


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def shown(notebook: NotebookNode, kind: str) -> list[str]:
    """Return the outputs of type `kind`, in cells whose output is kept."""
    cells = [cell for cell in notebook.cells if INTERACTIVE not in cell.metadata.get("tags", [])]
    return [output.data[kind] for output in outputs(NotebookNode(cells=cells)) if kind in output.get("data", {})]


def tables(notebook: NotebookNode) -> list[pd.DataFrame]:
    parsed = [pd.read_html(StringIO(html), index_col=0)[0] for html in shown(notebook, "text/html")]
    for table in parsed:  # the index's name is a row of its own, without column names
        names = [(name,) if isinstance(name, str) else name for name in table.columns]
        table.columns = [" ".join(part for part in name if not part.startswith("Unnamed")) for name in names]
    return parsed


def count_images(notebook: NotebookNode) -> int:
    return len(shown(notebook, "image/png"))


def browser_view(notebook: NotebookNode) -> str:
    (cell,) = [cell for cell in notebook.cells if INTERACTIVE in cell.metadata.get("tags", [])]
    return "".join(str(output.get("data")) for output in cell.outputs)


def test_the_data_are_shown_with_their_contract_and_no_query_in_both_splits(on_sample: SampleRun) -> None:
    notebook = run("01_data.ipynb")
    features, contract, anomalies, spoilt, divergence = tables(notebook)
    assert features["distinct"]["product_id"] == on_sample.report["counts"]["products"]
    assert contract.loc["'product_id'", "contract Presence"] == "required"
    assert anomalies.empty
    assert set(spoilt.index) == {"'query'", "'esci_label'"}
    assert divergence.loc[["query", "query_id"], "divergence"].to_list() == [1, 1]
    assert divergence["divergence"]["esci_label"] < 0.05
    assert count_images(notebook) == 2
    assert "facets-overview" in browser_view(notebook)


def test_the_embeddings_are_those_of_the_run(on_sample: SampleRun) -> None:
    notebook = run("02_embeddings.ipynb")
    (properties,) = [text for text in shown(notebook, "text/plain") if "fingerprint" in text]
    fields = dict(line.split() for line in properties.splitlines()[:3])
    assert int(fields["count"]) == on_sample.report["counts"]["products"]
    assert on_sample.report["encoder"]["fingerprint"].startswith(fields["fingerprint"].removesuffix("..."))
    assert count_images(notebook) == 5


def test_the_model_is_measured_as_the_report_says(on_sample: SampleRun) -> None:
    notebook = run("03_model.ipynb")
    headline, slices, confusion, mistakes, categories = tables(notebook)
    classifier = on_sample.report["classifier"]
    assert headline["classifier"].to_dict() == {name: round(classifier[name], 3) for name in ("accuracy", "macro_f1")}
    # The report measures the served classes, which differ where measurements contradict the query.
    assert slices.loc["all pairs", "accuracy"] == pytest.approx(classifier["accuracy"], abs=0.01)
    assert slices.loc["all pairs", "pairs"] == on_sample.report["counts"]["judgements"]["eval"]
    assert abs(confusion.to_numpy() - np.array(classifier["confusion"])).sum() <= 0.02 * confusion.to_numpy().sum()
    assert confusion.to_numpy().sum(axis=1).tolist() == np.array(classifier["confusion"]).sum(axis=1).tolist()
    assert (mistakes["esci_label"] != mistakes["predicted"]).all()
    assert mistakes["confidence"].is_monotonic_decreasing
    measured = on_sample.report["categories"]
    for by, figures in measured["inputs"].items():
        of_input = categories[categories.index == by].set_index(categories.columns[0])
        assert of_input.loc["head", "macro_f1"] == pytest.approx(figures["head"]["macro_f1"], abs=0.0005)
    assert count_images(notebook) == 5 + bool(measured["confusions"])


def test_a_server_answers_by_words_and_by_image_and_is_stopped(on_sample: SampleRun) -> None:
    notebook = run("04_serving.ipynb")
    texts = shown(notebook, "text/plain")
    version = Path(on_sample.report["pushed"]["product_search"]).name
    assert f"'version': '{version}'" in texts[1]
    assert "AVAILABLE" in texts[1]
    signatures, first, labels = tables(notebook)
    assert {"serving_default", "search_image", "classify"} <= set(signatures.index)
    assert first["score"].is_monotonic_decreasing
    assert labels.sum(axis=1).to_list() == pytest.approx([1, 1, 1], abs=0.02)
    assert count_images(notebook) == 2
    assert texts[-1] == "0"  # the exit code of the server


def test_the_pipeline_runs_node_by_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = run("05_interactive_pipeline.ipynb")
    nodes = pd.concat([table for table in tables(notebook) if "output" in table])
    assert nodes.loc["AnomalyGate", "type"] == "components.DataApproval"
    assert set(nodes.loc["EmbeddingGen", "output"]) >= {"query_embeddings", "product_embeddings"}
    assert "transform_graph" in set(nodes.loc["Transform", "output"])
    (features,) = [table for table in tables(notebook) if "distinct" in table]
    assert features["distinct"]["product_id"] == 60
    assert count_images(notebook) == 1
    assert "facets-overview" in browser_view(notebook)
    assert not list(tmp_path.glob("vitrine-*"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_notebooks_are_small_fully_executed_and_name_no_machine(path: Path) -> None:
    assert path.stat().st_size < LARGEST
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert count_images(notebook) >= 1
    assert {output.output_type for output in outputs(notebook)} <= {"display_data", "execute_result"}
    text = json.dumps(outputs(notebook))
    assert not any(place in text for place in (str(ROOT), str(Path.home()), "/tmp/", "/runs/", "script>"))
    stripped = deepcopy(notebook)
    strip(stripped)
    assert stripped == notebook  # as `make notebooks` writes it, without browser views and times


def test_all_notebooks_together_are_small() -> None:
    assert len(NOTEBOOKS) == 5
    assert sum(path.stat().st_size for path in NOTEBOOKS) < LARGEST_FOLDER

import importlib.util
import io
import logging
from pathlib import Path

import pytest
from absl import logging as absl_logging
from rich.console import Console

from cli.terminal.node_progress import CACHED, FINISHED, STARTED, NodeProgress
from vitrine import progress


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


def watch(screen: io.StringIO, total: int = 3) -> NodeProgress:
    return NodeProgress(Console(file=screen, width=40), total)


def run_node(name: str, cached: bool = False) -> None:
    """Log the records of LocalDagRunner."""
    absl_logging.info(STARTED, name)
    if cached:
        absl_logging.info(CACHED, 7)
    absl_logging.info(FINISHED, name)


def test_a_line_for_each_finished_node(screen: io.StringIO) -> None:
    with watch(screen):
        run_node("Trainer")
        run_node("Evaluator", cached=True)
    lines = screen.getvalue().split("\n")
    assert [line.split() for line in lines if line] == [["✓", "Trainer", "0.0", "s"], ["✓", "Evaluator", "cached"]]


def fail_after(screen: io.StringIO, *, in_node: str | None) -> None:
    with watch(screen):
        run_node("Trainer")
        if in_node:
            absl_logging.info(STARTED, in_node)
        raise RuntimeError


def test_the_node_in_which_a_run_fails_is_marked(screen: io.StringIO) -> None:
    with pytest.raises(RuntimeError):
        fail_after(screen, in_node="Evaluator")
    assert screen.getvalue().split() == ["✓", "Trainer", "0.0", "s", "✗", "Evaluator"]


def test_between_nodes_nothing_is_marked(screen: io.StringIO) -> None:
    with pytest.raises(RuntimeError):
        fail_after(screen, in_node=None)
    assert "✗" not in screen.getvalue()


def test_notes_are_lines_of_their_own_and_never_broken(screen: io.StringIO) -> None:
    note = "12 images could not be decoded [and] count as missing, such as a/very/long/path.png"
    with watch(screen):
        progress.note(note)
    assert screen.getvalue().rstrip("\n") == f"      {note}"


def test_steps_are_drawn_as_a_bar_while_they_run() -> None:
    screen = io.StringIO()
    console = Console(file=screen, width=80, force_terminal=True)
    with NodeProgress(console, 1):
        absl_logging.info(STARTED, "EmbeddingGen")
        progress.report("encoding images", 64, 256)
        progress.report("encoding images", 128, 256)
    assert "encoding images" in screen.getvalue()
    assert "128/256" in screen.getvalue()


def test_it_listens_even_when_a_library_has_silenced_absl(screen: io.StringIO) -> None:
    absl_logging.set_verbosity(absl_logging.ERROR)
    with watch(screen):
        run_node("Trainer")
    assert "Trainer" in screen.getvalue()


def test_afterwards_it_listens_no_more(screen: io.StringIO) -> None:
    with watch(screen) as handler:
        pass
    run_node("Trainer")
    assert screen.getvalue().strip() == ""
    assert handler not in logging.getLogger("absl").handlers + logging.getLogger("vitrine.progress").handlers


def test_tfx_logs_the_lines_that_the_progress_display_reads() -> None:
    # LocalDagRunner has no hooks: should a release of TFX word these otherwise, this says so. Found without an import.
    spec = importlib.util.find_spec("tfx")
    assert spec is not None
    assert spec.origin is not None
    orchestration = Path(spec.origin).parent / "orchestration"
    for line, file in ((STARTED, "local/local_dag_runner.py"), (FINISHED, "local/local_dag_runner.py"),
                       (CACHED, "portable/launcher.py")):  # fmt: skip
        assert f"'{line}'" in (orchestration / file).read_text()


def test_a_node_that_ran_says_what_changed_and_a_cached_one_does_not(screen: io.StringIO) -> None:
    with NodeProgress(Console(file=screen, width=40), 2, lambda node: f"settings [of {node}], which is long"):
        run_node("Trainer")
        run_node("Evaluator", cached=True)
    first, second = screen.getvalue().rstrip("\n").split("\n")
    assert first.endswith("0.0 s  changed: settings [of Trainer], which is long")
    assert second.split() == ["✓", "Evaluator", "cached"]

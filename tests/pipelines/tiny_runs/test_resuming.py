"""A run on little data that is killed, resumed and refused, blessed, and repaired."""

import json
import signal

from tests.pipelines.tiny_runs.conftest import RESOLVERS, Clone, Step

BEFORE_THE_KILL = ("CatalogueExampleGen", "JudgementStatisticsGen", "AnomalyGate", "ClipTrainer")
PUSHED = ("esci_classifier", "index", "product_search")
PUSHERS = ("Pusher-esci-classifier", "Pusher-index", "Pusher-product-search")


def test_a_killed_run_leaves_no_version_and_no_report(killed: Step) -> None:
    assert killed.returncode == -signal.SIGKILL
    assert "✓ EmbeddingGen" not in killed.printed
    assert (killed.serving, killed.report) == ([], None)


def test_a_run_resumes_after_a_kill(refused: Step) -> None:
    assert refused.report is not None
    states = refused.report["states"]
    assert {states[node] for node in BEFORE_THE_KILL} == {"cached"}
    assert {states[node] for node in ("EmbeddingGen", "Transform", "Trainer", "RetrievalEvaluator")} == {"done"}
    lines = {line.split()[1]: line.split()[2:] for line in refused.printed.splitlines() if line.startswith("  ✓")}
    assert lines["ClipTrainer"] == ["cached"]


def test_a_refused_model_pushes_nothing_and_says_why(refused: Step) -> None:
    assert refused.returncode == 4
    assert refused.serving == []
    assert refused.report is not None
    assert (refused.report["status"], refused.report["pushed"]) == ("refused", {})
    (reason,) = refused.report["refused"]
    assert reason.startswith("nDCG@10 ")
    assert reason.endswith(" that random order and its margin require")
    first, listed, last = refused.errors.strip().splitlines()
    assert first == "error: the model was refused, and nothing was pushed:"
    assert listed == f"  - {reason}"
    assert last.endswith("/report.md")
    assert f"- refused: {reason}" in refused.text


def test_a_changed_threshold_measures_again_and_trains_nothing(pushed: Step) -> None:
    assert pushed.report is not None
    done = {node for node, state in pushed.report["states"].items() if state == "done"}
    assert done - RESOLVERS == {"RetrievalEvaluator", *PUSHERS}
    assert pushed.report["status"] == "pushed"


def test_all_that_belongs_together_is_pushed_under_one_version(pushed: Step, clone: Clone) -> None:
    (version,) = {path.split("/")[1] for path in pushed.serving}
    assert pushed.serving == [f"{name}/{version}" for name in PUSHED]
    assert version.isdecimal()
    assert pushed.report is not None
    assert pushed.report["pushed"] == {name: str(clone.output / "serving" / name / version) for name in PUSHED}
    for name in ("esci_classifier", "product_search"):
        assert (clone.output / "serving" / name / version / "saved_model.pb").is_file()
    assert {path.name for path in (clone.output / "serving" / "index" / version).iterdir()} >= {
        "index.faiss",
        "index.json",
        "vectors.parquet",
    }


def test_the_model_card_is_pushed_beside_each_model_and_linked_from_the_report(pushed: Step, clone: Clone) -> None:
    cards = {clone.output / "serving" / version / "MODEL_CARD.md" for version in pushed.serving}
    (card,) = {path.read_text(encoding="utf-8") for path in cards}
    assert card.startswith("# Model card of sample, version ")
    assert "* Encoder: apache-2.0\n" in card
    assert "## Energy\n\nNot measured by this run." in card
    assert "F1 by label: irrelevant " in card.partition("## Measured gaps")[2]
    assert "/MODEL_CARD.md>)" in pushed.text


def test_what_was_pushed_answers(vitrine_here, pushed: Step, clone: Clone) -> None:
    done = vitrine_here("search", "red mug", "--serving", clone.output / "serving", "-k", 3, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 3


def test_a_version_deleted_by_hand_is_pushed_again(pushed: Step, repaired: Step, clone: Clone) -> None:
    assert repaired.returncode == 0
    assert repaired.report is not None
    done_nodes = {node for node, state in repaired.report["states"].items() if state == "done"}
    assert done_nodes - RESOLVERS == {"Pusher-index"}
    assert repaired.serving == pushed.serving
    (index,) = (clone.output / "serving" / "index").iterdir()
    assert (index / "index.faiss").is_file()

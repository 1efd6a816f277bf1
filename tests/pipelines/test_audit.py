import json

from pipelines.audit import update_model_card
from pipelines.run_directory import RunDirectory


def push(serving, version, card=None):
    folder = serving / "product_search" / version
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    if card:
        (folder / "MODEL_CARD.md").write_text(card)
    return folder / "MODEL_CARD.md"


def report(folder, reading):
    folder.mkdir(exist_ok=True)
    sections = [{"title": "Exposure", "reading": reading, "skipped": ""}]
    (folder / "audit.json").write_text(json.dumps({"missed": [], "sections": sections}))
    return folder


def test_the_card_of_the_newest_version_has_the_findings_of_the_last_audit(tmp_path):
    card = "# Model card\n\n## Audit\n\nNone yet.\n\n## Energy\n\nNot measured.\n"
    older, newest = (push(tmp_path / "serving", version, card) for version in ("6", "7"))
    directory = RunDirectory(tmp_path)
    for reading in ("First.", "Second."):
        update_model_card(directory, report(tmp_path / "audit", reading))
    assert newest.read_text() == card.replace("None yet.", "**Exposure.** Second.")
    assert older.read_text() == card


def test_a_version_of_an_earlier_run_has_no_card_to_update(tmp_path):
    card = push(tmp_path / "serving", "7")
    update_model_card(RunDirectory(tmp_path), report(tmp_path / "audit", "First."))
    assert not card.exists()

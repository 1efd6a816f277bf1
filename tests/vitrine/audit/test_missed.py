import json

from vitrine.audit.missed import read_findings, read_missed


def report(folder, **content):
    (folder / "audit.json").write_text(json.dumps({"missed": [], "sections": [], **content}))


def test_the_findings_are_the_readings_of_what_was_measured(tmp_path):
    sections = [
        {"title": "Exposure", "reading": "None is flagged.", "skipped": ""},
        {"title": "Space", "reading": "Not measured: no vectors.", "skipped": "no vectors"},
    ]
    report(tmp_path, sections=sections, missed=["exposure.brand.gap is 0.3"])
    assert read_findings(tmp_path) == (
        "**Exposure.** None is flagged.\n\nThresholds missed:\n\n* exposure.brand.gap is 0.3"
    )
    assert read_missed(tmp_path) == ["exposure.brand.gap is 0.3"]

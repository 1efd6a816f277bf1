import json
from pathlib import Path

import pytest

from vitrine.audit.data import AuditData
from vitrine.audit.gateway_target import GatewayTarget
from vitrine.audit.missed import read_missed
from vitrine.audit.report import HTML, JSON, MARKDOWN, write_report
from vitrine.audit.run import Audit, run_audit
from vitrine.audit.settings import AuditSettings
from vitrine.errors import DataError

OWN = ("robustness", "refusals", "pictures")
GATE = {
    "robustness.case_upper.ndcg_loss": 0.0,
    "robustness.typo_double.ndcg_loss": -0.1,
    "refusals.real.lost": 0.0,
    "pictures.jpeg.overlap": 1.1,
}


@pytest.fixture(scope="module")
def audit(target: GatewayTarget, data: AuditData) -> Audit:
    return run_audit(target, data, AuditSettings(suites=OWN, queries=6, images=4, gate=GATE))


def figures(audit: Audit) -> dict[str, float]:
    return {figure.key: figure.value for section in audit.sections for figure in section.figures}


def test_what_the_analysis_evens_out_loses_nothing(audit: Audit) -> None:
    found = figures(audit)
    assert found["robustness.case_upper.ndcg_loss"] == found["robustness.case_mixed.ndcg_loss"] == 0
    assert found["robustness.case_upper.overlap"] == 1


def test_words_of_another_language_find_less(audit: Audit) -> None:
    assert figures(audit)["robustness.language_ar.ndcg_loss"] > 0.3


def test_junk_is_refused_and_real_queries_are_not(audit: Audit) -> None:
    found = figures(audit)
    assert found["refusals.empty.refused"] == found["refusals.too_long.refused"] == 1
    assert found["refusals.letters.refused"] > 0.8
    assert found["refusals.real.lost"] == 0


def test_a_blurred_image_finds_more_than_a_cropped_one(audit: Audit) -> None:
    found = figures(audit)
    assert found["pictures.blur.overlap"] >= found["pictures.grey.overlap"]
    assert {f"pictures.no_product_{kind}.refused" for kind in ("noise", "blank", "face")} < found.keys()


def test_each_interval_contains_its_value(audit: Audit) -> None:
    for section in audit.sections:
        for figure in section.figures:
            assert figure.low <= figure.value <= figure.high, figure.key
            assert figure.n > 0


def test_the_same_seed_gives_the_same_figures(audit: Audit, target: GatewayTarget, data: AuditData) -> None:
    again = run_audit(target, data, audit.settings, ["robustness"])
    assert again.sections[0].figures == audit.sections[0].figures


def test_missed_thresholds_are_in_every_form_of_the_report(audit: Audit, tmp_path: Path) -> None:
    assert [sentence.split(" is ")[0] for sentence in audit.missed] == [
        "robustness.typo_double.ndcg_loss", "pictures.jpeg.overlap",
    ]  # fmt: skip
    write_report(audit, tmp_path)
    assert read_missed(tmp_path) == list(audit.missed)
    html, markdown = ((tmp_path / name).read_text(encoding="utf-8") for name in (HTML, MARKDOWN))
    for text in (html, markdown):
        assert "robustness.typo_double.ndcg_loss" in text
        assert "“" in text
    assert "2 thresholds missed" in html
    assert "data:image/png;base64," in html
    assert (tmp_path / "robustness-losses.png").read_bytes().startswith(b"\x89PNG")
    sections = json.loads((tmp_path / JSON).read_text(encoding="utf-8"))["sections"]
    assert [section["name"] for section in sections] == list(OWN)


def test_a_report_loads_nothing_and_runs_nothing_of_the_queries(audit: Audit, tmp_path: Path) -> None:
    write_report(audit, tmp_path)
    html = (tmp_path / HTML).read_text(encoding="utf-8")
    assert "<script" not in html
    assert 'src="http' not in html


def test_without_judgements_a_suite_says_why_it_did_not_run(target: GatewayTarget) -> None:
    audit = run_audit(target, AuditData(), AuditSettings(gate={"robustness.*": 0.1}), ["robustness"])
    [section] = audit.sections
    assert section.skipped == "there are no held-out judgements; `--run` or `--data` brings them"
    assert audit.missed == (f"audit.gate: robustness.* has no figure: {section.skipped}",)


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not the report of an audit"):
        read_missed(tmp_path)

import pytest

from vitrine.audit.run import _SUITES
from vitrine.audit.settings import SUITES, AuditSettings


def test_every_suite_of_the_settings_can_run() -> None:
    assert tuple(_SUITES) == SUITES


def test_the_gate_is_off_by_default() -> None:
    assert AuditSettings().gated_suites == ()


def test_the_gate_runs_the_suites_that_it_names() -> None:
    gate = {"refusals.real.lost": 0.01, "robustness.typo_*.ndcg_loss": 0.05}
    assert AuditSettings(gate=gate).gated_suites == ("robustness", "refusals")


@pytest.mark.parametrize(
    "settings", [{"suites": ["robust"]}, {"suites": []}, {"gate": {"typo_swap": 0.1}}, {"queries": 0}]
)
def test_what_no_suite_knows_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expected|greater than 0"):
        AuditSettings.model_validate(settings)

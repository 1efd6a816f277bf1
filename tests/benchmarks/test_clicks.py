from pathlib import Path

from benchmarks.clicks import markdown, measure
from tests.vitrine.clicks.shop import noisy_ranking, truth, write_data
from vitrine.clicks.settings import LearningSettings
from vitrine.clicks.simulation.settings import SimulationSettings


def test_the_figures_of_a_log_are_those_of_true_labels(tmp_path: Path) -> None:
    labels = truth(30)
    data = write_data(tmp_path, labels)
    simulation = SimulationSettings(searches=4000, swaps=0.5, users=200, bots=0.2)
    found = measure(data, labels, noisy_ranking(labels), simulation, LearningSettings())
    assert found["chosen"] in ("pbm", "pbm_swaps")
    assert found["searches_of_bots"] == 800
    assert found["ndcg"]["shown"][0] < found["ndcg"]["learnt"][0] < 1  # type: ignore[index]
    assert found["propensity_errors"]["swaps"] < 0.1  # type: ignore[index]
    assert "| users " in markdown({"pbm": found, "timing": {"impressions": 1.0}})

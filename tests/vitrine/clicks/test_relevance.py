from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.vitrine.clicks.shop import sessions, truth, write_log
from tests.vitrine.clicks.test_reading import click, put, search
from vitrine.clicks.filters import leave_out
from vitrine.clicks.models.choice import fit
from vitrine.clicks.reading import read_log
from vitrine.clicks.relevance import Relevance, learn_relevance, posterior
from vitrine.clicks.settings import FilterSettings, LearningSettings, ModelSettings

PBM = LearningSettings(model=ModelSettings(candidates=["pbm"]))


def learnt(directory: Path, settings: LearningSettings = PBM) -> dict[tuple[str, str], tuple[float, float, int]]:
    """Return relevance, support and users of each pair."""
    seen = leave_out(read_log(directory), FilterSettings(), 20).impressions
    found, _ = learn_relevance(seen, float(seen.time.max()), settings)
    return {
        (found.normalised[query], found.products[product]): (float(value), float(support), int(users))
        for query, product, value, support, users in zip(
            found.query, found.product, found.value, found.support, found.users, strict=True
        )
    }


def test_a_search_counts_half_after_the_half_life(tmp_path: Path) -> None:
    old = [search(f"o{number}", user=f"u{number}", products=("a",), time=0.0) for number in range(10)]
    new = [search(f"n{number}", "cup", user=f"u{number}", products=("a",), time=30 * 86_400.0) for number in range(10)]
    pairs = learnt(put(tmp_path, *old, *new, click("n1", "a", time=30 * 86_400.0)))
    assert pairs["cup", "a"][1] == pytest.approx(10)
    assert pairs["mug", "a"][1] == pytest.approx(5)
    assert pairs["mug", "a"][2] == 10


def test_a_purchase_counts_as_several_clicks(tmp_path: Path) -> None:
    searches = [search(f"r{number}", user=f"u{number}", products=("a",)) for number in range(20)]
    others = [search(f"s{number}", "cup", user=f"u{number}", products=("a",)) for number in range(20)]
    kinds = click("r1", "a", "purchase"), click("s1", "a")
    pairs = learnt(put(tmp_path, *searches, *others, *kinds))
    assert pairs["mug", "a"][0] / pairs["cup", "a"][0] == pytest.approx(3 * 21 / 23, rel=0.15)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    probability = rng.beta(1, 2, 400)
    log = sessions(count=0)
    shown = np.arange(400).repeat(50)[None, :]
    log = replace(
        log, pair=shown, position=np.zeros_like(shown), clicked=rng.random(shown.shape) < probability[shown],
        weight=np.ones(shown.size), user=np.arange(shown.size), pairs=400,
    )  # fmt: skip
    fitted = fit("pbm", log, ModelSettings(), None)
    assert fitted is not None
    alpha, beta = posterior(fitted, np.zeros(400))
    nobody = np.zeros(400, np.int64)
    found = Relevance(nobody, nobody, alpha, beta, alpha, nobody, nobody, nobody, [], [], [])
    low, high = found.interval()
    assert 0.91 < np.mean((low <= probability) & (probability <= high)) < 0.98


def test_the_relevance_of_a_dbn_is_attraction_times_satisfaction() -> None:
    log = sessions("dbn", count=4000)
    fitted = fit("dbn", log, ModelSettings(), None)
    assert fitted is not None
    alpha, beta = posterior(fitted, np.zeros(log.pairs))
    evidence = fitted.evidence
    assert evidence.satisfied is not None
    assert evidence.decided is not None
    attraction = (evidence.clicked + 0.5 * fitted.prior.mean) / (evidence.examined + 0.5)
    satisfaction = (evidence.satisfied + 0.5) / (evidence.decided + 1)
    np.testing.assert_allclose(alpha / (alpha + beta), attraction * satisfaction, rtol=1e-6)


def test_the_last_search_decides_the_age(tmp_path: Path) -> None:
    write_log(tmp_path, truth(20), searches=500)
    assert learnt(tmp_path) == learnt(tmp_path)  # not the clock

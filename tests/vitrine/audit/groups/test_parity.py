import numpy as np
import pandas as pd
import pytest

from vitrine.audit.groups.parity import deviations, mean_rows, parity


def rows(means, products=30, noise=0.0):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"group": group, "product": str(product), "found": mean + noise * rng.normal(), "price": np.nan}
            for group, mean in means.items()
            for product in range(products)
        ]
    )


def test_differences_and_ratios_are_those_of_the_extreme_groups():
    (found,) = parity(rows({"women": 0.5, "men": 1.0, "all": 0.75}), ["found", "price"]).values()
    assert found.by_group == {"women": 0.5, "men": 1.0, "all": 0.75}
    assert found.difference.value == pytest.approx(0.5)
    assert found.ratio.value == pytest.approx(0.5)
    assert found.difference.low <= 0.5 <= found.difference.high


def test_a_group_beyond_the_tolerance_is_flagged():
    found = deviations(rows({"women": 0.5, "men": 0.8}, noise=0.05), "found", 0.1)
    assert found["women"].flagged
    assert found["women"].difference.value == pytest.approx(-found["men"].difference.value)


def test_noise_is_not_flagged():
    found = deviations(rows({"women": 0.5, "men": 0.5}, noise=0.2), "found", 0.1)
    assert not any(deviation.flagged for deviation in found.values())


def test_a_relative_tolerance_is_a_share_of_the_other_groups():
    prices = rows({"women": 120, "men": 100}, noise=1)
    assert not deviations(prices, "found", 0.25, is_relative=True)["women"].flagged
    assert deviations(prices, "found", 0.1, is_relative=True)["women"].flagged
    assert deviations(prices, "found", 0.1, is_relative=True)["women"].relative == pytest.approx(0.2, abs=0.02)


def test_templates_are_averaged_before_products_are_compared():
    columns = {"group": ["women", "women"], "product": ["mug", "mug"], "found": [1.0, 0.0]}
    assert mean_rows(pd.DataFrame(columns), ["found"])["found"].tolist() == [0.5]

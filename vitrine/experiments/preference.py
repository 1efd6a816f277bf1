"""The preference between two rankings, from clicks on interleaved results."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats  # type: ignore[import-untyped]

from vitrine.experiments.statistics import CONFIDENCE, ratio


@dataclass(frozen=True)
class Preference:
    """The outcome of interleaving; values that cannot be computed are NaN.

    Attributes:
        wins_first: Clicked lists in which the first arm's products got more clicks.
        wins_second: Clicked lists in which the second arm's products got more clicks.
        ties: Clicked lists with equally many clicks for both arms.
        delta: `(wins_second + ties / 2) / clicked − 1/2`: above 0 if the second arm is preferred.
        low: The lower end of the 95% interval of `delta`.
        high: The upper end of the 95% interval of `delta`.
        users_first: Users with more wins of the first arm.
        users_second: Users with more wins of the second arm.
        p_value: The p-value of the two-sided sign test over users.
    """

    wins_first: int
    wins_second: int
    ties: int
    delta: float
    low: float
    high: float
    users_first: int
    users_second: int
    p_value: float


def preference(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], users: npt.NDArray[np.int64]) -> Preference:
    """Return the preference between two arms, from the clicks on interleaved lists.

    A list is won by the arm whose products got more clicks (Radlinski et al. 2008); Δ is that of Chapelle et al. 2012,
    "Large-Scale Validation and Analysis of Interleaved Search Evaluation".

    Lists without clicks are left out. The lists of one user are not independent, and a test over lists would find
    differences that do not exist. Therefore the interval of Δ takes a user's lists together (see
    `vitrine.experiments.statistics.ratio`), and the sign test counts one vote per user.

    Args:
        first: int64 [N], clicks on the first arm's products, by list.
        second: int64 [N], clicks on the second arm's products, by list.
        users: int64 [N], the user who saw the list, a number from 0.
    """
    clicked = first + second > 0
    sign, users = np.sign(second - first)[clicked], users[clicked]
    _, numbers = np.unique(users, return_inverse=True)
    lists = np.bincount(numbers).astype(np.float64)
    wins = np.bincount(numbers, weights=sign)  # of the second arm over the first
    mean = ratio(wins / 2, lists)
    margin = float(stats.t.ppf((1 + CONFIDENCE) / 2, max(mean.users - 1, 1))) * mean.variance**0.5
    ahead, behind = int((wins > 0).sum()), int((wins < 0).sum())
    return Preference(
        wins_first=int((sign < 0).sum()),
        wins_second=int((sign > 0).sum()),
        ties=int((sign == 0).sum()),
        delta=mean.value,
        low=mean.value - margin,
        high=mean.value + margin,
        users_first=behind,
        users_second=ahead,
        p_value=float(stats.binomtest(ahead, ahead + behind).pvalue) if ahead + behind else float("nan"),
    )

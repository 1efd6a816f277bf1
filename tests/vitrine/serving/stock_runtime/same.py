"""Comparison of two runtimes' answers."""

from typing import TypedDict

import numpy as np

from tests.vitrine.serving.stock_runtime.runtime import Arrays


class Tolerance(TypedDict):
    """The largest relative and absolute difference of two numbers."""

    rtol: float
    atol: float


SINGLE = Tolerance(rtol=1e-5, atol=1e-6)
HALF = Tolerance(rtol=0, atol=0.02)
"""Of encoders in bfloat16, which has 8 bits of precision: sums in another order are rounded differently."""


def assert_same(answer: Arrays, expected: Arrays, name: str, tolerance: Tolerance) -> None:
    """Fail unless an answer has the expected outputs; `name` is that of the signature."""
    assert answer.keys() == expected.keys(), name
    for output, values in expected.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(answer[output], values, **tolerance, err_msg=f"{name}.{output}")
        else:
            np.testing.assert_array_equal(answer[output], values, err_msg=f"{name}.{output}")

"""Arrays by name, the inputs and outputs of a model's signature."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
"""A tensor of any type; strings are `bytes` in an array of objects."""
Inputs = Mapping[str, Array]
Outputs = dict[str, Array]
"""The outputs; TensorFlow returns one without dimensions as a scalar."""
Call = Callable[[Inputs], Outputs]
"""A function from arrays by input name to outputs by name. Raises ApiError."""

"""The weights of judgements: below 1 for those that are learnt from clicks."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import WEIGHT


def judgement_weights(judgements: pa.Table) -> npt.NDArray[np.float32]:
    """Return the weight of each judgement, float32 [N]: 1 where it is null, or the column is missing."""
    if WEIGHT not in judgements.column_names:
        return np.ones(judgements.num_rows, np.float32)
    return np.asarray(pc.fill_null(judgements[WEIGHT], 1.0), np.float32)

"""The lists of each stage of a search: by the vectors alone, by the classifier, and as they are served."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.audit.target import TOP, Target
from vitrine.labels import GAINS
from vitrine.search.exported_model import ExportedModel

VECTORS: Final = "by vectors"
CLASSIFIER: Final = "by the classifier"
SERVED: Final = "as served"

Lists = list[list[str]]


def stage_lists(target: Target, model: Path | None, queries: Sequence[str]) -> Mapping[str, Lists]:
    """Return the first `TOP` product ids of each query at each stage, in the order of the stages.

    Without a model, only the lists that the engine serves are known.

    Raises:
        DataError: The model fails.
    """
    served = [answer.product_ids[:TOP] for answer in target.search(queries)]
    if model is None:
        return {SERVED: served}
    with ExportedModel(model) as exported:
        nearest = [ids[:TOP] for ids in exported.nearest(queries).tolist()]
        candidates = exported.candidates(queries)
    classified = [by_gain(ids, esci) for ids, esci in zip(candidates.product_id.tolist(), candidates.esci, strict=True)]
    return {VECTORS: nearest, CLASSIFIER: classified, SERVED: served}


def by_gain(product_ids: Sequence[str], esci: npt.NDArray[np.float32]) -> list[str]:
    """Return the first `TOP` of a query's candidates by the classifier's expected gain, float32 [C, 4] (I, C, S, E)."""
    order = np.argsort(-(esci.astype(float) @ np.array(GAINS)), kind="stable")
    return [product_ids[place] for place in order if product_ids[place]][:TOP]

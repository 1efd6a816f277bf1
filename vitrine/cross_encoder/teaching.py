"""A cross-encoder as the teacher of the pair classifier."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.classifier.folds import Fold, judged_rows
from vitrine.classifier.settings import TeacherSettings
from vitrine.classifier.soft_targets import SoftTargets
from vitrine.cross_encoder.calibrated import calibrate, open_source
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.errors import DataError


def soft_targets(settings: TeacherSettings, fold: Fold) -> SoftTargets:
    """Return a teacher's targets for the pairs of a fold, on whose labels its outputs are calibrated.

    Raises:
        ConfigError: the source does not exist.
        DataError: it is no cross-encoder, the pairs have one label, or the catalogue has none of the fields.
    """
    query, query_rows, product_rows = judged_rows(fold)
    rows = fold.vectors.products.rows
    names = tuple(name for name in settings.fields if name in rows.table.column_names)
    if not names:
        raise DataError(f"trainer.teacher.fields: the catalogue has no column {', '.join(settings.fields)}")
    texts = rows.take(product_rows, names)
    columns = [pc.fill_null(texts[name].cast(pa.string()), "") for name in names]
    joined = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*columns, " ")).to_pylist()
    pairs = Pairs([text.decode() for text in query], joined, fold.labels)
    teacher = calibrate(open_source(settings), pairs)
    probabilities = teacher.probabilities(pairs.queries, pairs.texts).astype(np.float32)
    return SoftTargets.of(query_rows, product_rows, probabilities, settings.weight)

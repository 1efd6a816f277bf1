"""A cross-encoder as the teacher of the pair classifier."""

import pyarrow as pa

from vitrine.classifier.folds import Fold, judged_rows
from vitrine.classifier.settings import TeacherSettings
from vitrine.classifier.soft_targets import SoftTargets
from vitrine.cross_encoder.calibrated import fit_calibration, open_source
from vitrine.cross_encoder.scoring import predict
from vitrine.errors import DataError
from vitrine.text.product_texts import product_texts


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
    texts = product_texts(pa.Table.from_batches([rows.take(product_rows, names)]), names)
    logits = predict(open_source(settings, "trainer.teacher"), query.tolist(), texts)
    probabilities = fit_calibration(logits, fold.labels).probabilities(logits)
    return SoftTargets.of(query_rows, product_rows, probabilities, settings.weight)

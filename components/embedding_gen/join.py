"""The join step: every judgement with its product's columns and the row numbers of its vectors, as tf.Examples."""

from collections.abc import Iterator

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.worker_files import local_file
from vitrine.data import columns
from vitrine.data.contract.judges import CLICKS
from vitrine.data.formats.arrow import as_features, floats, strings
from vitrine.embeddings.layout import ROWS
from vitrine.embeddings.table import RowNumbers, Rows
from vitrine.errors import DataError
from vitrine.files.mapped_pages import release_pages
from vitrine.labels import GAINS, LABELS


class JoinProducts(beam.DoFn):
    """Join of a batch of judgements with the rows of queries and products, into serialized examples.

    The rows are memory-mapped, from a directory or a copy of a bucket's file. Judgements that clicks gave are left out
    where they are `outranked`.
    """

    def __init__(self, query_embeddings: str, product_embeddings: str, outranked: bool = False) -> None:
        self._queries_path = query_embeddings
        self._products_path = product_embeddings
        self._outranked = outranked

    def setup(self) -> None:
        self._queries = Rows.open(local_file(f"{self._queries_path}/{ROWS}"))
        self._products = Rows.open(local_file(f"{self._products_path}/{ROWS}"))
        self._encoder = RecordBatchToExamplesEncoder()

    def process(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        if self._outranked:
            batch = batch.filter(pc.not_equal(strings(batch, columns.SOURCE), CLICKS))
        judged = {name: strings(batch, name) for name in columns.JUDGEMENTS}
        query = _row_numbers(judged[columns.QUERY_ID], self._queries, columns.QUERY_ID)
        product = _row_numbers(judged[columns.PRODUCT_ID], self._products, columns.PRODUCT_ID)
        classes = pc.index_in(judged[columns.ESCI_LABEL], value_set=pa.array(LABELS))
        products = self._products.take(product, (*columns.PRODUCT_TEXT, columns.HAS_IMAGE))
        rows = {
            **judged,
            columns.WEIGHT: pc.fill_null(floats(batch, columns.WEIGHT), 1.0),
            columns.GAIN: pa.array(GAINS, pa.float32()).take(classes),
            **{name: products.column(name) for name in columns.PRODUCT_TEXT},
            columns.HAS_IMAGE: products.column(columns.HAS_IMAGE).cast(pa.int64()),
            columns.QUERY_ROW: pa.array(query),
            columns.PRODUCT_ROW: pa.array(product),
        }
        examples = self._encoder.encode(as_features(pa.RecordBatch.from_pydict(rows)))
        release_pages()
        yield from examples


def _row_numbers(ids: pa.Array, known: Rows, column: str) -> RowNumbers:
    rows = known.find(ids)
    if (rows < 0).any():
        missing = pc.unique(ids.filter(pa.array(rows < 0))).to_pylist()
        raise DataError(
            f"judgements: {column} {missing[0]!r} is not in the catalogue"
            + (f", nor are {len(missing) - 1} others" if len(missing) > 1 else "")
            + "; leave such judgements out with `vitrine prepare … --on-error skip`"
        )
    return rows

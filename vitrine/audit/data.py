"""The data around an audited engine: its catalogue, and judgements of queries that it did not learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.data.formats.arrow import objects
from vitrine.metrics.ranking import Judgements
from vitrine.search.index_files import products_file, read_description


@dataclass(frozen=True)
class JudgedQueries:
    """Held-out queries: their judgements, and their texts by query id, in the order of `judged.queries`."""

    judged: Judgements
    text: Mapping[str, str]


@dataclass(frozen=True)
class AuditData:
    """The data that is known beside the engine; a suite that needs more says so in its section.

    Attributes:
        products: The catalogue, with the columns of `columns.CATALOGUE`; None if it is unknown.
        held_out: Held-out judgements, with the columns of `columns.JUDGEMENTS`; None if there are none.
        image_root: The folder or address that relative image paths start from.
        index: The folder of the engine's index files; None for an engine behind an address.
        model: The folder of the engine's SavedModel, for what no answer shows; None likewise.
        train: Judgements that the engine has learned from, like `held_out`; None if they are unknown.
    """

    products: pa.Table | None = None
    held_out: pa.Table | None = None
    image_root: str = ""
    index: Path | None = None
    model: Path | None = None
    train: pa.Table | None = None

    def queries(self, limit: int, seed: int) -> JudgedQueries | None:
        """Return at most `limit` held-out queries, drawn with `seed`; None without judgements."""
        if self.held_out is None or not self.held_out.num_rows:
            return None
        ids, products, labels, texts = (
            objects(self.held_out[name]) for name in (QUERY_ID, PRODUCT_ID, ESCI_LABEL, QUERY)
        )
        judged = Judgements.from_labels(ids, products, labels).sample(limit, seed)
        text = dict(zip(ids.tolist(), texts.tolist(), strict=True))
        return JudgedQueries(judged, {query: text[query] for query in judged.queries})


def read_index(index: Path, held_out: pa.Table | None) -> AuditData:
    """Return the data of a served index, with held-out judgements from elsewhere.

    Raises:
        DataError: A file of the index cannot be read.
    """
    from pyarrow import parquet

    from vitrine.data.columns import CATALOGUE, HAS_IMAGE

    path = products_file(index)
    present = set(parquet.read_schema(path).names)
    names = [name for name in (*CATALOGUE, HAS_IMAGE) if name in present]
    return AuditData(parquet.read_table(path, columns=names), held_out, read_description(index).image_root, index)


def read_folder(folder: Path) -> AuditData:
    """Return the data of a folder in the contract's layout, for an engine that serves its catalogue.

    Raises:
        DataError: A file breaks the contract.
    """
    return AuditData(read_catalogue(folder), read_judgements(folder, "eval"), str(folder / "images"))

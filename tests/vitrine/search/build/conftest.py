import pyarrow as pa
import pytest

from tests.embedding_folders import write_folder
from vitrine.search.products import Products


@pytest.fixture(scope="module")
def items(products, sides):
    return Products.of(products, *sides)


@pytest.fixture(scope="module")
def judged(products, encoder, tmp_path_factory):
    """Judgements of each text "colour thing" with all products: the same thing in that colour is exact."""
    ids = products["product_id"].to_pylist()
    rows = []
    for number, wanted in enumerate(ids):
        colour, thing = wanted.split("-")
        for other in ids:
            label = (
                "E" if other == wanted else "S" if other.endswith(thing) else "C" if other.startswith(colour) else "I"
            )
            rows.append((f"q{number}", f"{colour} {thing}", other, label))
    names = ("query_id", "query", "product_id", "esci_label")
    judgements = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    texts = {row[0]: row[1] for row in rows}
    vectors = encoder.encode_text(list(texts.values()))
    lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    table = pa.table({"query_id": list(texts), "query_vector": lists})
    return judgements, write_folder(tmp_path_factory.mktemp("queries"), table)

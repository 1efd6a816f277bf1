from pathlib import Path

import numpy as np
import pyarrow as pa

from components.embedding_gen.known import known_vectors
from components.embedding_gen.parts import Parts, PartWriter
from tests.components.embedding_gen.test_parts import Lengths
from vitrine.embeddings.encoding import QueryEncoder
from vitrine.embeddings.writing import write_embeddings

NAME = "query_vector"


def encode(origin: str, *texts: str, known: tuple = ()) -> pa.RecordBatch:
    rows = pa.record_batch({"query_id": list(texts), "query": list(texts)})
    return QueryEncoder(Lengths(), origin, known).encode(rows)


def write_part(tmp_path: Path, batch: pa.RecordBatch) -> str:
    writer = PartWriter(Parts.of_new_run(str(tmp_path / "encoded"), "same").new_file("queries"))
    writer.write(batch)
    return writer.path


def test_vectors_come_from_embeddings_and_from_parts(tmp_path: Path) -> None:
    write_embeddings(tmp_path / "run 1", [encode(str(tmp_path / "run 1"), "a")], 1)
    parts = [write_part(tmp_path, encode("run 2", text)) for text in ("bb", "ccc")]
    found = known_vectors((str(tmp_path / "run 1"),), tuple(parts), NAME, "run 3")
    assert [vectors.vectors[:, 0].tolist() for vectors in found] == [[1], [2, 3]]


def test_what_a_killed_run_encoded_belongs_to_the_run_that_takes_it(tmp_path: Path) -> None:
    first = str(tmp_path / "run 1")
    write_embeddings(Path(first), [encode(first, "a")], 1)
    known = tuple(known_vectors((first,), (), NAME, "run 2"))
    part = write_part(tmp_path, encode(str(tmp_path / "run 2"), "a", "bb", known=known))  # and then it was killed
    (vectors,) = known_vectors((), (part,), NAME, "run 3")
    assert vectors.origin.to_pylist() == [first, "run 3"]


def test_a_side_without_vectors_and_a_part_without_batches_give_none(tmp_path: Path) -> None:
    folder = tmp_path / "products"
    ids = pa.array(["1", "2"])
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(4, np.float32)), 2)
    write_embeddings(folder, [pa.record_batch({"product_id": ids, "text_vector": vectors})], 2)  # without keys
    cut = Path(write_part(tmp_path, encode("run 1", "a")))
    cut.write_bytes(cut.read_bytes()[:20])
    assert known_vectors((str(folder),), (str(cut),), "text_vector", "run 2") == []
    assert known_vectors((str(folder),), (), "image_vector", "run 2") == []

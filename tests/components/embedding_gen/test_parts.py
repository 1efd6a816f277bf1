from pathlib import Path

import numpy as np
import pyarrow as pa

from components.embedding_gen.known import known_vectors
from components.embedding_gen.parts import Parts, PartWriter, read_part
from vitrine.embeddings.encoding import QueryEncoder
from vitrine.embeddings.writing import part_batch


class Lengths:
    """An encoder whose vectors are the lengths of texts."""

    dimension, encodes_images = 2, False

    def encode_text(self, texts: list[str]) -> np.ndarray:
        return np.array([[len(text), 1] for text in texts], np.float32).reshape(-1, 2)

    def encode_document(self, texts: list[str]) -> np.ndarray:
        return self.encode_text(texts)


def queries(*texts: str) -> pa.RecordBatch:
    return QueryEncoder(Lengths(), "run 1").encode(pa.record_batch({"query_id": list(texts), "query": list(texts)}))


def test_parts_of_a_killed_run_are_found_by_the_next_with_the_same_encoding(tmp_path: Path) -> None:
    killed, other = (Parts.of_new_run(str(tmp_path), name) for name in ("same", "other"))
    for parts in (killed, other):
        writer = PartWriter(parts.new_file("queries"))
        writer.write(queries("a", "bb"))  # and never closed
    following = Parts.of_new_run(str(tmp_path), "same")
    assert killed.unfinished("queries") == []
    (part,) = following.unfinished("queries")
    (vectors,) = known_vectors((), (part,), "query_vector", "run 2")
    assert vectors.vectors.tolist() == [[1, 1], [2, 1]]
    following.remove()
    assert Parts.of_new_run(str(tmp_path), "same").unfinished("queries") == []
    assert Parts.of_new_run(str(tmp_path), "other").unfinished("queries") != []


def test_a_part_that_was_cut_off_at_any_byte_gives_its_whole_batches(tmp_path: Path) -> None:
    writer = PartWriter(Parts.of_new_run(str(tmp_path), "same").new_file("queries"))
    texts, sizes = ["a", "bb", "ccc"], []
    for text in texts:
        writer.write(queries(text))
        sizes.append(Path(writer.path).stat().st_size)
    writer.close()
    whole = Path(writer.path).read_bytes()
    for cut in range(len(whole) + 1):
        Path(writer.path).write_bytes(whole[:cut])
        read = [batch["query"][0].as_py() for batch in read_part(writer.path)]
        assert read == texts[: sum(size <= cut for size in sizes)]


def test_a_run_remembers_its_embeddings_until_they_are_gone(tmp_path: Path) -> None:
    parts = Parts.of_new_run(str(tmp_path / "encoded"), "same")
    assert parts.remembered("queries") == []
    parts.new_file("queries")
    (tmp_path / "embeddings").mkdir()
    (tmp_path / "embeddings" / "rows.arrow").touch()
    parts.remember({"queries": str(tmp_path / "embeddings")})
    assert Parts.of_new_run(str(tmp_path / "encoded"), "same").remembered("queries") == [str(tmp_path / "embeddings")]
    (tmp_path / "embeddings" / "rows.arrow").unlink()
    assert parts.remembered("queries") == []


def test_vectors_of_a_part_are_lists_of_one_length() -> None:
    batch = part_batch(pa.record_batch({"id": ["a"]}), {"vector": np.ones((1, 4), np.float32)})
    assert batch.schema.field("vector").type == pa.list_(pa.float32(), 4)

"""A SavedModel that reads or writes files, runs code or opens connections is refused before any of it runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_here
from vitrine.saved_model.session import SavedModelSession
from vitrine.saved_model.status import ApiError

SECRET = "the secret of this machine"
Body = Callable[[Any, Any, Path], Any]


def read_file(tf: Any, query: Any, folder: Path) -> Any:
    return tf.io.read_file(str(folder / "secret"))


def write_file(tf: Any, query: Any, folder: Path) -> Any:
    with tf.control_dependencies([tf.io.write_file(str(folder / "written"), "x")]):
        return tf.identity(query)


def in_a_branch(tf: Any, query: Any, folder: Path) -> Any:
    return tf.cond(tf.size(query) > 5, lambda: read_file(tf, query, folder), lambda: tf.constant("none"))


def in_a_loop(tf: Any, query: Any, folder: Path) -> Any:
    return tf.map_fn(lambda _: read_file(tf, query, folder), query)


def python_code(tf: Any, query: Any, folder: Path) -> Any:
    return tf.py_function(lambda value: value, [query], tf.string)


def numpy_code(tf: Any, query: Any, folder: Path) -> Any:
    return tf.numpy_function(lambda value: value, [query], tf.string)


def list_files(tf: Any, query: Any, folder: Path) -> Any:
    return tf.io.matching_files(str(folder / "*"))


def print_to_file(tf: Any, query: Any, folder: Path) -> Any:
    tf.print("x", output_stream=f"file://{folder}/written")
    return query


def mapped_memory(tf: Any, query: Any, folder: Path) -> Any:
    size = (folder / "secret").stat().st_size
    return tf.raw_ops.ImmutableConst(dtype=tf.uint8, shape=[size], memory_region_name=str(folder / "secret"))


def descriptors(tf: Any, query: Any, folder: Path) -> Any:
    return tf.io.decode_proto(query, "a.B", [], [], descriptor_source=str(folder / "secret")).sizes


def records(tf: Any, query: Any, folder: Path) -> Any:
    return tf.data.TextLineDataset(str(folder / "secret")).reduce("", lambda _, line: line)


def other_variables(tf: Any, query: Any, folder: Path) -> Any:
    file = str(folder / "secret")
    return tf.raw_ops.RestoreV2(prefix=file, tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.string])[0]


def written_variables(tf: Any, query: Any, folder: Path) -> Any:
    written = tf.raw_ops.SaveV2(
        prefix=str(folder / "written"), tensor_names=["a"], shape_and_slices=[""], tensors=[query]
    )
    with tf.control_dependencies([written]):
        return tf.identity(query)


def vocabulary(tf: Any, query: Any, folder: Path) -> Any:
    table = tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.string, shared_name="hostile")
    whole, line = -2, -1
    arguments = {"table_handle": table, "key_index": line, "value_index": whole}
    filled = tf.raw_ops.InitializeTableFromTextFileV2(filename=str(folder / "secret"), **arguments)
    with tf.control_dependencies([filled]):
        return tf.raw_ops.LookupTableFindV2(table_handle=table, keys=[tf.constant(0, tf.int64)], default_value="")


def timestamp(tf: Any, query: Any, folder: Path) -> Any:
    return tf.timestamp()


HOSTILE = [
    read_file, write_file, in_a_branch, in_a_loop, python_code, numpy_code, list_files, print_to_file, mapped_memory,
    descriptors, records, other_variables, written_variables, vocabulary, timestamp,
]  # fmt: skip


def write_model(directory: Path, body: Body, served: bool = True) -> None:
    """Write a model whose signature, or another function of which, runs `body` on a query."""
    import tensorflow as tf

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
        def hostile(self, query: Any) -> Any:
            return {"answer": body(tf, query, directory.parent)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
        def benign(self, query: Any) -> Any:
            return {"answer": tf.strings.upper(query)}

    directory.parent.mkdir(parents=True, exist_ok=True)
    (directory.parent / "secret").write_text(SECRET)
    model = Model()
    tf.saved_model.save(model, str(directory), signatures=model.hostile if served else model.benign)


def refusal(directory: Path) -> str:
    with pytest.raises(ApiError) as refused:
        SavedModelSession(directory)
    assert refused.value.code == "FAILED_PRECONDITION"
    assert "\n" not in refused.value.message
    return refused.value.message


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: body.__name__)
def test_a_signature_that_does_more_than_compute_is_refused(tmp_path: Path, body: Body) -> None:
    write_model(tmp_path / "model" / "1", body)
    assert "may not read or write files, run code or open connections" in refusal(tmp_path / "model" / "1")
    assert not list((tmp_path / "model").glob("written*"))


def test_it_is_refused_in_a_function_that_no_signature_calls(tmp_path: Path) -> None:
    write_model(tmp_path / "model" / "1", read_file, served=False)
    assert "operation ReadFile (node ReadFile of __inference_hostile" in refusal(tmp_path / "model" / "1")


def edit(directory: Path, change: Callable[[Any], None]) -> None:
    """Change the graph of a saved model."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file = directory / "saved_model.pb"
    model = SavedModel.FromString(file.read_bytes())
    change(model.meta_graphs[0])
    file.write_bytes(model.SerializeToString())


def write_vocabulary_model(directory: Path) -> None:
    """Write a model with a vocabulary in `assets/`."""
    import tensorflow as tf

    words = directory.parent / "words.txt"
    words.parent.mkdir(parents=True, exist_ok=True)
    words.write_text("mug\nlamp\n")

    class Model(tf.Module):
        def __init__(self) -> None:
            lines = tf.lookup.TextFileInitializer(str(words), tf.string, -2, tf.int64, -1)
            self.table = tf.lookup.StaticHashTable(lines, -1)
            self.weight = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
        def look_up(self, query: Any) -> Any:
            return {"answer": self.table.lookup(query)}

    model = Model()
    tf.saved_model.save(model, str(directory), signatures=model.look_up)


def test_a_vocabulary_of_the_models_own_is_read(tmp_path: Path) -> None:
    import numpy as np

    write_vocabulary_model(tmp_path / "1")
    session = SavedModelSession(tmp_path / "1")
    feeds = {"query": np.array([b"lamp", b"?"], object)}
    assert session.signature("serving_default").run(feeds)["answer"].tolist() == [1, -1]
    session.close()


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a/../../b", "..", "gs://bucket/words"])
def test_a_vocabulary_outside_the_model_is_refused(tmp_path: Path, name: str) -> None:
    write_vocabulary_model(tmp_path / "1")
    edit(tmp_path / "1", lambda graph: setattr(graph.asset_file_def[0], "filename", name))
    assert "is outside assets/" in refusal(tmp_path / "1")


def test_a_vocabulary_that_the_loader_does_not_name_is_refused(tmp_path: Path) -> None:
    write_vocabulary_model(tmp_path / "1")
    edit(tmp_path / "1", lambda graph: graph.asset_file_def.pop())
    assert "the initialisation runs InitializeTableFromTextFileV2" in refusal(tmp_path / "1")


def test_variables_of_another_file_are_refused(tmp_path: Path) -> None:
    write_vocabulary_model(tmp_path / "1")
    edit(tmp_path / "1", lambda graph: setattr(graph.saver_def, "filename_tensor_name", "Const:0"))
    assert "the restoration runs RestoreV2" in refusal(tmp_path / "1")


def test_saving_is_never_part_of_loading(tmp_path: Path) -> None:
    write_vocabulary_model(tmp_path / "1")

    def swap(graph: Any) -> None:
        graph.saver_def.restore_op_name = graph.saver_def.save_tensor_name.partition(":")[0]

    edit(tmp_path / "1", swap)
    assert "the restoration runs" in refusal(tmp_path / "1")


def test_a_function_cannot_hide_an_operation_behind_its_name(tmp_path: Path) -> None:
    write_model(tmp_path / "model" / "1", read_file, served=False)

    def rename(graph: Any) -> None:
        harmless = graph.graph_def.library.function.add()
        harmless.signature.name = "ReadFile"

    edit(tmp_path / "model" / "1", rename)
    with pytest.raises(ApiError):
        SavedModelSession(tmp_path / "model" / "1")


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"not a model"])
def test_a_file_that_is_no_model_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ApiError) as refused:
        SavedModelSession(tmp_path)
    assert "\n" not in refused.value.message


def test_the_model_server_refuses_it_with_one_line(tmp_path: Path) -> None:
    write_model(tmp_path / "spy" / "1", read_file)
    served = run_here("serve", "--serving", tmp_path, "--port", 0, "--grpc-port", -1)
    assert served.returncode != 0
    assert "spy version 1" in served.stderr
    assert "operation ReadFile" in served.stderr
    assert "Traceback" not in served.stderr

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text as text
from tensorflow.core.protobuf.config_pb2 import ConfigProto
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from vitrine.saved_model.session import SavedModelSession
from vitrine.saved_model.status import ApiError
from vitrine.saved_model.trimming import trim


class Splitter(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def split(self, query: tf.Tensor) -> dict[str, tf.Tensor]:
        tf.debugging.Assert(tf.reduce_all(query != "refused"), ["a query that the model refuses"])
        pieces = text.regex_split(query, r"\s")
        joined = tf.concat([pieces, pieces], axis=1)
        return {"pieces": joined.to_tensor(default_value=""), "count": joined.row_lengths()}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A SavedModel as TensorFlow writes it."""
    module = Splitter()
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"serving_default": module.split})
    return tmp_path / "model"


def graph(directory: Path):
    return SavedModel.FromString((directory / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def


def split(directory: Path, *queries: bytes) -> dict[str, list]:
    answers = SavedModelSession(directory).signature("serving_default").run({"query": np.array(queries, object)})
    return {name: values.tolist() for name, values in answers.items()}


def test_the_answers_are_those_of_the_untrimmed_model(model: Path):
    queries = (b"a red mug", b"", b"lamp")
    before = split(model, *queries)
    assert trim(model) > 0
    assert split(model, *queries) == before


def test_checks_of_ragged_tensors_are_removed_with_their_functions(model: Path):
    before = graph(model)
    removed = trim(model)
    after = graph(model)
    assert len(after.library.function) == len(before.library.function) - 2 * removed
    names = [node.name for function in after.library.function for node in function.node_def]
    assert not [name for name in names if "Ragged" in name and "AssertGuard" in name]
    assert sum(len(function.node_def) for function in after.library.function) < 0.7 * sum(
        len(function.node_def) for function in before.library.function
    )


def test_checks_of_the_models_own_stay(model: Path):
    trim(model)
    with pytest.raises(ApiError, match="a query that the model refuses"):
        split(model, b"refused")


def test_no_call_of_a_function_runs_the_graph_optimizer(model: Path):
    trim(model)
    written = graph(model)
    nodes = [*written.node, *(node for function in written.library.function for node in function.node_def)]
    options = [ConfigProto.FromString(node.attr["config_proto"].s) for node in nodes if "config_proto" in node.attr]
    assert options
    assert all(option.graph_options.rewrite_options.disable_meta_optimizer for option in options)


def test_a_trimmed_model_can_be_loaded_and_trimmed_again(model: Path, tmp_path: Path):
    trim(model)
    assert trim(model) == 0
    loaded = tf.saved_model.load(str(model))
    assert loaded.split(tf.constant(["a b"]))["count"].numpy().tolist() == [4]
    tf.saved_model.save(loaded, str(tmp_path / "again"), signatures=dict(loaded.signatures))
    assert split(tmp_path / "again", b"a b")["count"] == [4]

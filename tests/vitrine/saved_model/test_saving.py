from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow.core.protobuf.config_pb2 import ConfigProto
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from vitrine.saved_model.saving import save


class Doubler(tf.Module):
    """A signature that calls another function."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def inner(self, x: tf.Tensor) -> tf.Tensor:
        return x * self.factor

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def outer(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": self.inner(x) + 1.0}


def optimized(directory: Path) -> list[bool]:
    """Return for each function call, in the signatures' graph and in functions, whether it is optimized."""
    model = SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    bodies = [graph.node, *(function.node_def for function in graph.library.function)]
    nodes = [node for body in bodies for node in body]
    options = [ConfigProto.FromString(node.attr["config_proto"].s) for node in nodes if "config_proto" in node.attr]
    return [not option.graph_options.rewrite_options.disable_meta_optimizer for option in options]


def test_no_call_of_a_function_is_optimized(tmp_path: Path) -> None:
    plain, ours = tmp_path / "plain", tmp_path / "ours"
    module = Doubler()
    tf.saved_model.save(module, str(plain), signatures={"outer": module.outer})
    module = Doubler()
    save(module, ours, {"outer": module.outer})
    assert all(optimized(plain))
    assert len(optimized(ours)) == len(optimized(plain)) > 1
    assert not any(optimized(ours))


def test_what_was_saved_answers(tmp_path: Path) -> None:
    module = Doubler()
    save(module, tmp_path, {"outer": module.outer})
    answer = tf.saved_model.load(str(tmp_path)).signatures["outer"](x=tf.constant([1.0, 2.0]))
    assert answer["y"].numpy().tolist() == [3.0, 5.0]


@pytest.mark.parametrize("before", [False, True])
def test_the_options_are_as_before_afterwards_even_if_it_failed(tmp_path: Path, before: bool) -> None:
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})
    try:
        (tmp_path / "file").write_text("")
        with pytest.raises(tf.errors.OpError):
            save(Doubler(), tmp_path / "file" / "model", {})
        assert tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"] is before
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})

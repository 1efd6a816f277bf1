"""SavedModels in the C++ session that TF Serving runs them in.

It is a `tf.compat.v1.Session` rather than `tf.saved_model.load`: its errors have exactly TF Serving's text, closing it
frees the memory, and a call costs a quarter (52 µs against 217 µs of overhead on a small model).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vitrine.saved_model.arrays import Call, Inputs, Outputs
from vitrine.saved_model.inspection import check_saved_model
from vitrine.saved_model.status import ApiError, from_tensorflow, invalid

if TYPE_CHECKING:
    import tensorflow as tf
    from tensorflow.core.protobuf.config_pb2 import ConfigProto
    from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

DEFAULT_SIGNATURE: Final = "serving_default"

_METHODS: Final = ("tensorflow/serving/predict", "tensorflow/serving/classify", "tensorflow/serving/regress")

Batch = Callable[[Call], Call]
"""A wrapper of a call that merges concurrent calls of it into batches."""


class Signature:
    """A callable signature of a SavedModel.

    Attributes:
        definition: The SavedModel's `SignatureDef`.
        inputs: TensorFlow's type name by input name, in order of name.
        outputs: The same for the outputs.
    """

    def __init__(
        self,
        session: tf.compat.v1.Session,
        definition: SignatureDef,
        timeout_seconds: float | None,
        batch: Batch | None = None,
    ) -> None:
        from tensorflow.core.protobuf import config_pb2

        self.definition = definition
        self.inputs = {name: type_name(definition.inputs[name].dtype) for name in sorted(definition.inputs)}
        self.outputs = {name: type_name(definition.outputs[name].dtype) for name in sorted(definition.outputs)}
        # Session.make_callable is public but checks shapes in Python, in other words than TF Serving's.
        options = config_pb2.CallableOptions(
            feed=[definition.inputs[name].name for name in self.inputs],
            fetch=[definition.outputs[name].name for name in self.outputs],
            run_options=config_pb2.RunOptions(timeout_in_ms=int((timeout_seconds or 0) * 1000)),
        )
        self._callable = session._make_callable_from_options(options)
        self._call = batch(self._run) if batch else self._run

    def run(self, feeds: Inputs) -> Outputs:
        """Return the outputs by name for one array by input name; concurrent calls may be batched.

        Raises:
            ApiError: TensorFlow's error, or INVALID_ARGUMENT when the inputs are not exactly the signature's.
        """
        if feeds.keys() != self.inputs.keys():
            raise invalid(_size_mismatch(set(feeds), set(self.inputs)))
        return self._call(feeds)

    def _run(self, feeds: Inputs) -> Outputs:
        import tensorflow as tf

        try:
            outputs = self._callable(*(feeds[name] for name in self.inputs))
        except tf.errors.OpError as error:
            raise from_tensorflow(error) from None
        return dict(zip(self.outputs, outputs, strict=True))


class SavedModelSession:
    """A loaded SavedModel.

    Attributes:
        signatures: The callable signatures by name.
        meta_graph: The SavedModel's `MetaGraphDef`.
    """

    def __init__(self, directory: Path, timeout_seconds: float | None = None, batch: Batch | None = None) -> None:
        """Load the SavedModel in `directory`.

        A call may take `timeout_seconds`, by default without a limit. `batch` merges concurrent calls.

        Raises:
            ApiError: The model cannot be read, has operations that are not allowed, or no signature to serve.
        """
        import tensorflow as tf
        import tensorflow_text  # noqa: F401  Registers the tokenizers' ops.

        check_saved_model(directory)
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=_session_config())
        try:
            with self._session.graph.as_default():
                self.meta_graph = tf.compat.v1.saved_model.load(self._session, [tf.saved_model.SERVING], str(directory))
            self.signatures = {
                key: Signature(self._session, definition, timeout_seconds, batch)
                for key, definition in sorted(self.meta_graph.signature_def.items())
                if definition.method_name in _METHODS
            }
            if not self.signatures:
                raise ApiError("FAILED_PRECONDITION", f"No signature to serve in {directory}")
        except Exception as error:
            self.close()
            raise loading_error(error, directory) from error

    def signature(self, name: str) -> Signature:
        """Return the signature `name`.

        Raises:
            ApiError: INVALID_ARGUMENT when the model has no signature of that name.
        """
        if name not in self.signatures:
            raise invalid(f'Serving signature name: "{name}" not found in signature def')
        return self.signatures[name]

    def close(self) -> None:
        """Free the model's memory. No call may be running."""
        self._session.close()


def type_name(data_type: int) -> str:
    """Return the name that TensorFlow's messages give a `DataType`, such as `float`, `double` or `string`."""
    import tensorflow as tf

    name: str = tf.as_dtype(data_type).name
    return {"float32": "float", "float64": "double", "float16": "half"}.get(name, name)


def loading_error(error: Exception, directory: Path) -> ApiError:
    """Return the error of loading the SavedModel in `directory` as TF Serving reports it."""
    import tensorflow as tf

    if isinstance(error, ApiError):
        return error
    if isinstance(error, tf.errors.OpError):
        return from_tensorflow(error)
    return ApiError("UNKNOWN", f"Loading {directory} failed: {error}")


def _session_config() -> ConfigProto:
    """Disable the graph optimizer, which makes loading slower and no call of a search model faster.

    Sessions have threads of their own: in shared ones, calls of the served version wait behind functions that the
    warm-up of the next version prepares, for seconds.
    """
    from tensorflow.core.protobuf import config_pb2

    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.use_per_session_threads = True
    return config


def _size_mismatch(sent: set[str], expected: set[str]) -> str:
    names, wanted, extra, missing = (
        "{" + ",".join(sorted(items)) + "}" for items in (sent, expected, sent - expected, expected - sent)
    )
    return (
        f"input size does not match signature: {len(sent)}!={len(expected)} len({names}) != len({wanted}). "
        f"Sent extra: {extra}. Missing but required: {missing}."
    )

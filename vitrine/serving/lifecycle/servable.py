"""One loaded version of a model: the SavedModel in the same C++ session that TF Serving runs it in.

A `tf.compat.v1.Session` and not `tf.saved_model.load`: the errors are then TF Serving's to the letter, closing it gives
the memory back, and a call costs a quarter (52 µs against 217 µs of overhead on a small model).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vitrine.serving.errors import ApiError, from_tensorflow, invalid
from vitrine.serving.lifecycle.warmup import warm_up

if TYPE_CHECKING:
    from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef

    from vitrine.serving.batching.batcher import Batcher

_METHODS: Final = ("tensorflow/serving/predict", "tensorflow/serving/classify", "tensorflow/serving/regress")


class Signature:
    """One of a servable's signatures, ready to be called.

    Attributes:
        definition: The SavedModel's `SignatureDef`.
        inputs: TensorFlow's type name by input name, in order of name.
        outputs: The same for the outputs.
    """

    def __init__(
        self, session: Any, definition: SignatureDef, timeout_seconds: float | None, batcher: Batcher | None = None
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
        self._call = batcher.batched(self._run) if batcher else self._run

    def run(self, feeds: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs by name for one array by input name; other calls may be computed together with it.

        Raises:
            ApiError: What TensorFlow said, or INVALID_ARGUMENT when the inputs are not all there.
        """
        if feeds.keys() != self.inputs.keys():
            raise invalid(_size_mismatch(set(feeds), set(self.inputs)))
        return self._call(feeds)

    def _run(self, feeds: Mapping[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        try:
            outputs = self._callable(*(feeds[name] for name in self.inputs))
        except tf.errors.OpError as error:
            raise from_tensorflow(error) from None
        return dict(zip(self.outputs, outputs, strict=True))


class Servable:
    """A loaded SavedModel, closed once it is retired and the last request has left it."""

    def __init__(self, name: str, version: int, signatures: Mapping[str, Signature], meta_graph: Any, session: Any):
        self.name = name
        self.version = version
        self.signatures = signatures
        self.meta_graph = meta_graph
        self.closed = threading.Event()
        self._session = session
        self._lock = threading.Lock()
        self._requests = 0
        self._retired = False

    @classmethod
    def load(
        cls,
        name: str,
        version: int,
        directory: Path,
        timeout_seconds: float | None = None,
        warm: bool = True,
        batcher: Batcher | None = None,
    ) -> Servable:
        """Load the SavedModel in `directory` and, if `warm`, run its warm-up requests.

        A call may take `timeout_seconds`, by default for ever. Calls that come together are merged by `batcher`.

        Raises:
            ApiError: The model or its warm-up requests cannot be read or run.
        """
        import tensorflow as tf
        import tensorflow_text  # noqa: F401  Registers the ops of the tokenizers.

        session = tf.compat.v1.Session(graph=tf.Graph(), config=_session_config())
        try:
            with session.graph.as_default():
                meta_graph = tf.compat.v1.saved_model.load(session, [tf.saved_model.SERVING], str(directory))
            signatures = {
                key: Signature(session, definition, timeout_seconds, batcher)
                for key, definition in sorted(meta_graph.signature_def.items())
                if definition.method_name in _METHODS
            }
            if not signatures:
                raise ApiError("FAILED_PRECONDITION", f"No signature to serve in {directory}")
            servable = cls(name, version, signatures, meta_graph, session)
            if warm:
                warm_up(servable, directory)
        except Exception as error:
            session.close()
            raise _as_api_error(error, directory) from error
        return servable

    def signature(self, name: str) -> Signature:
        """The signature `name`.

        Raises:
            ApiError: INVALID_ARGUMENT when there is none of this name.
        """
        if name not in self.signatures:
            raise invalid(f'Serving signature name: "{name}" not found in signature def')
        return self.signatures[name]

    def enter(self) -> bool:
        """Count a request in, unless the version is retired. Each one counted in must `leave`."""
        with self._lock:
            if not self._retired:
                self._requests += 1
            return not self._retired

    def leave(self) -> None:
        """Count a request out; the last one out of a retired version closes it."""
        with self._lock:
            self._requests -= 1
            last = self._retired and self._requests == 0
        if last:
            self._close()

    def retire(self) -> None:
        """Take no more requests, and close when those under way are answered."""
        with self._lock:
            self._retired = True
            idle = self._requests == 0
        if idle:
            self._close()

    def _close(self) -> None:
        if not self.closed.is_set():
            self._session.close()
            self.closed.set()


@contextmanager
def using(servable: Servable) -> Iterator[Servable]:
    """Give a servable that was entered, and leave it afterwards."""
    try:
        yield servable
    finally:
        servable.leave()


def type_name(data_type: int) -> str:
    """The name TensorFlow's messages give a `DataType`, such as `float`, `double` or `string`."""
    import tensorflow as tf

    name: str = tf.as_dtype(data_type).name
    return {"float32": "float", "float64": "double", "float16": "half"}.get(name, name)


def _session_config() -> Any:
    """Without the graph optimizer: it makes no call of a search model faster, but loading slower."""
    from tensorflow.core.protobuf import config_pb2

    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    return config


def _size_mismatch(sent: set[str], expected: set[str]) -> str:
    names, wanted, extra, missing = (
        "{" + ",".join(sorted(items)) + "}" for items in (sent, expected, sent - expected, expected - sent)
    )
    return (
        f"input size does not match signature: {len(sent)}!={len(expected)} len({names}) != len({wanted}). "
        f"Sent extra: {extra}. Missing but required: {missing}."
    )


def _as_api_error(error: Exception, directory: Path) -> ApiError:
    import tensorflow as tf

    if isinstance(error, ApiError):
        return error
    if isinstance(error, tf.errors.OpError):
        return from_tensorflow(error)
    return ApiError("UNKNOWN", f"Loading {directory} failed: {error}")

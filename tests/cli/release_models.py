"""Versions of a search model that are good, silent, failing or broken."""

from pathlib import Path
from typing import Any

WARMUP = Path("assets.extra", "tf_serving_warmup_requests")


def write_version(directory: Path, answers: str = "well", warmup: bool = True) -> None:
    """A model that answers queries with products that its number is in.

    Args:
        directory: Where to, its number being the name.
        answers: `well`, with `nothing`, or not at all: `failing`.
        warmup: Whether it carries a request; none fails while it loads, where the model is `failing`.
    """
    import tensorflow as tf

    number = directory.name

    def search(query: Any) -> dict[str, Any]:
        products = tf.strings.join([query, number], separator="-")[:, tf.newaxis]
        if answers == "nothing":
            products = products[:, :0]
        if answers == "failing":
            with tf.control_dependencies([tf.debugging.Assert(tf.size(query) == 0, ["no vectors"])]):
                products = tf.identity(products)
        return {"product_id": products, "score": tf.zeros(tf.shape(products))}

    module = tf.Module()
    module.search = tf.function(search, input_signature=[tf.TensorSpec([None], tf.string, "query")])
    tf.saved_model.save(module, str(directory), signatures=module.search)
    if warmup:
        _write_warmup(directory / WARMUP, [] if answers == "failing" else ["mug"])


def _write_warmup(path: Path, queries: list[str]) -> None:
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    path.parent.mkdir()
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.inputs["query"].CopyFrom(tf.make_tensor_proto(queries, tf.string))
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(log.SerializeToString())

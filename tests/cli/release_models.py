"""Generated versions of a search model: good, silent and failing ones."""

from pathlib import Path
from typing import Any

WARMUP = Path("assets.extra", "tf_serving_warmup_requests")


def write_version(directory: Path, answers: str = "well", warmup: bool = True) -> None:
    """Write a version whose products are named after the query and the version's number.

    Args:
        directory: The directory, named by the version's number.
        answers: `well`, `nothing` for empty results, or `failing` for errors.
        warmup: Whether to write a warm-up request. That of a `failing` model has no query, so that loading succeeds.
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

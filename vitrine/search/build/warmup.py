"""Warm-up requests, which TensorFlow Serving replays before a new version takes traffic.

They do the first tracing and allocation. The file is a TFRecord of at most 1,000 `PredictionLog`s in `assets.extra`.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_ID, TEXT_VECTOR
from vitrine.search.model.search_model import SearchModel

FILE = Path("assets.extra") / "tf_serving_warmup_requests"
SINGLE = 2
"""Number of requests of one row: the first traces and allocates, the second confirms that nothing is left to do."""
BATCH = 4
"""Rows of the one larger request."""
GIVEN = 4
"""Candidates of a query in a request that gives them."""


def write_warmup(
    directory: Path, model_name: str, module: SearchModel, queries: Sequence[str], images: Sequence[bytes]
) -> int:
    """Write the requests for the SavedModel in `directory`, if there are examples; return their number."""
    requests = list(_requests(module, list(queries)[:BATCH], list(images)[:BATCH]))
    if not requests:
        return 0
    from tensorflow_serving.apis import prediction_log_pb2

    path = directory / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests:
            log = prediction_log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.name = model_name
            request.model_spec.signature_name = signature
            for name, value in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            writer.write(log.SerializeToString())
    return len(requests)


def copy_warmup(search_model: Path, directory: Path, model_name: str, signatures: Collection[str]) -> None:
    """Copy the requests of some signatures, if there are any, for a model of another name."""
    if not (search_model / FILE).exists():
        return
    from tensorflow_serving.apis import prediction_log_pb2

    path = directory / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in tf.data.TFRecordDataset(str(search_model / FILE)).as_numpy_iterator():
            log = prediction_log_pb2.PredictionLog.FromString(record)
            spec = log.predict_log.request.model_spec
            if spec.signature_name in signatures:
                spec.name = model_name
                writer.write(log.SerializeToString())


def _requests(
    module: SearchModel, queries: list[str], images: list[bytes]
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    texts = np.asarray([query.encode() for query in queries], dtype=object)
    products = np.resize(module.products.product_id.numpy(), len(queries))
    for batch in _batches(len(queries)):
        yield "serving_default", {"query": texts[batch]}
        yield "embed_text", {"query": texts[batch]}
        yield "classify", {"query": texts[batch], "product_id": products[batch]}
        yield "score", {"query": texts[batch], "product_id": products[batch]}
        empty = np.full(len(texts[batch]), b"", dtype=object)
        vectors = module.embed_text(tf.constant(texts[batch]))["embedding"].numpy()
        yield "rank_text", {"query": texts[batch], "embedding": vectors, "allowed": empty}
        yield "rank_similar", {"product_id": products[batch], "allowed": empty}
        yield "search_embedding", {"embedding": vectors}
        if module.category_head is not None:
            yield "predict_category", {"query": texts[batch]}
        yield "rerank_text", {"query": texts[batch], "embedding": vectors} | _given(module, len(vectors))
        share = np.zeros(len(vectors), dtype=np.float32)
        both = {"text_embedding": vectors, "image_embedding": vectors, "image_share": share}
        yield "rerank_both", {"query": texts[batch]} | both | _given(module, len(vectors))
        yield "diversify", _ranked(module, len(vectors), module.candidates)
        stored = {name: _given(module, len(vectors))[name] for name in (TEXT_VECTOR, IMAGE_VECTOR, HAS_TEXT, HAS_IMAGE)}
        yield "diversify_given", _ranked(module, len(vectors), len(stored[HAS_TEXT][0])) | stored
    if not module.encodes_images:
        return
    image_bytes = np.asarray(images, dtype=object)
    for batch in _batches(len(images)):
        yield "search_image", {"image_bytes": image_bytes[batch]}
        yield "embed_image", {"image_bytes": image_bytes[batch]}
        if module.category_head is not None:
            yield "predict_category_image", {"image_bytes": image_bytes[batch]}
        empty = np.full(len(image_bytes[batch]), b"", dtype=object)
        vectors = module.embed_image(tf.constant(image_bytes[batch]))["embedding"].numpy()
        yield "rank_image", {"embedding": vectors, "allowed": empty}
        yield (
            "rank_both",
            {
                "query": empty,
                "text_embedding": vectors,
                "image_embedding": vectors,
                "image_share": np.full(len(empty), 0.5, dtype=np.float32),
                "allowed": empty,
            },
        )


def _ranked(module: SearchModel, queries: int, count: int) -> dict[str, np.ndarray]:
    """Return some products as the ranking of each of some queries."""
    return {
        "product_id": np.resize(module.products.product_id.numpy()[:count], (queries, count)),
        "score": np.full((queries, count), 0.5, dtype=np.float32),
        "diversity": np.full(queries, 0.5, dtype=np.float32),
    }


def _given(module: SearchModel, queries: int) -> dict[str, np.ndarray]:
    """Return the inputs of `GIVEN` products for each of some queries."""
    rows = tf.range(min(GIVEN, module.products.count))
    flags = {name: module.products.vectors.has(side, rows) for side, name in ((1, HAS_TEXT), (2, HAS_IMAGE))}
    values = module.products.features(rows) | flags | {PRODUCT_ID: tf.gather(module.products.product_id, rows)}
    return {name: np.repeat(tensor.numpy()[np.newaxis], queries, axis=0) for name, tensor in values.items()}


def _batches(count: int) -> list[slice]:
    """Return slices of single requests, and one of a batch if there are enough examples."""
    single = [slice(i, i + 1) for i in range(min(count, SINGLE))]
    return [*single, slice(0, BATCH)] if count >= BATCH else single

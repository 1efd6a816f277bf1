"""A small catalogue with a hashing text encoder, a colour-grid image encoder and a word-overlap classifier."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import tensorflow as tf
from PIL import Image

DIMENSION = 32
COLOURS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (30, 60, 220), "white": (240, 240, 240)}
THINGS = ("mug", "shoe", "lamp", "shirt", "chair")
CLASSIFIED = ("query", "title", "description", "brand", "color", "category")


class HashingEncoderModule(tf.Module):
    """An encoder of words and pixels by fixed random projections."""

    def __init__(self, images: bool) -> None:
        super().__init__()
        rng = np.random.default_rng(0)
        self.words = tf.Variable(rng.normal(size=(2048, DIMENSION)).astype(np.float32), trainable=False)
        self.pixels = tf.Variable(rng.normal(size=(48, DIMENSION)).astype(np.float32), trainable=False)
        if images:
            strings, vectors = tf.TensorSpec([None], tf.string), tf.TensorSpec([None, DIMENSION], tf.float32)
            self.embed_image = tf.function(self._embed_image, input_signature=[strings])
            self.explain_image = tf.function(self._explain_image, input_signature=[vectors, strings])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def embed_text(self, query):
        words = tf.strings.split(tf.strings.lower(tf.strings.join(["^ ", query])))
        buckets = tf.strings.to_hash_bucket_fast(words, 2048)
        return tf.math.l2_normalize(tf.reduce_sum(tf.gather(self.words, buckets), axis=1), axis=1)

    def _embed_image(self, image_bytes):
        return tf.math.l2_normalize(self._pixels(image_bytes) @ self.pixels, axis=1)

    def _explain_image(self, embedding, image_bytes):
        """Explain by each pixel's part of the inner product before it is normalised: the encoder is linear."""
        parts = self._pixels(image_bytes) * tf.linalg.matmul(embedding, self.pixels, transpose_b=True)
        positive = tf.nn.relu(tf.reduce_sum(tf.reshape(parts, [-1, 4, 4, 3]), axis=3))
        similarity = tf.reduce_sum(self._embed_image(image_bytes) * embedding, axis=1)
        return {
            "relevance": tf.math.divide_no_nan(positive, tf.reduce_sum(positive, axis=[1, 2], keepdims=True)),
            "similarity": similarity,
            "region_share": tf.ones_like(similarity),
            "keeps_ratio": tf.zeros_like(similarity, tf.bool),
        }

    def _pixels(self, image_bytes):
        def pixels(encoded):
            image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
            return tf.reshape(tf.image.resize(image, [4, 4]), [48]) / 127.5 - 1

        return tf.map_fn(pixels, image_bytes, fn_output_signature=tf.TensorSpec([48], tf.float32))


class HashingEncoder:
    kind, dimension, fingerprint, encodes_any_text = "clip", DIMENSION, "0" * 64, True

    def __init__(self, images: bool = True) -> None:
        self.encodes_images = images
        self.module = HashingEncoderModule(images)

    def encode_text(self, texts):
        return self.module.embed_text(tf.constant(list(texts), tf.string)).numpy()

    def encode_document(self, texts):
        return self.encode_text(texts)

    def encode_image(self, images):
        return self.module.embed_image(tf.constant(list(images), tf.string)).numpy()


class OverlapClassifier(tf.Module):
    """A classifier whose logit of E grows with the share of the query's words in the title."""

    def __init__(self, dimension: int = DIMENSION) -> None:
        super().__init__()
        self.sharpness = tf.Variable(4.0)
        specs = {name: tf.TensorSpec([None], tf.string, name=name) for name in CLASSIFIED}
        vectors = ("query_vector", "text_vector", "image_vector")
        specs |= {name: tf.TensorSpec([None, dimension], tf.float32, name=name) for name in vectors}
        specs["has_image"] = tf.TensorSpec([None], tf.int64, name="has_image")
        self.signature = tf.function(self.classify).get_concrete_function(**specs)

    def classify(
        self, query, title, description, brand, color, category, query_vector, text_vector, image_vector, has_image
    ):
        words = tf.strings.split(tf.strings.lower(query)).to_tensor("")
        in_title = tf.strings.split(tf.strings.lower(title)).to_tensor("-")
        tf.debugging.assert_positive(tf.shape(words)[0], "real lexical features cannot reduce over no rows")
        matched = tf.reduce_any(words[:, :, tf.newaxis] == in_title[:, tf.newaxis, :], axis=2)
        counted = tf.cast(words != "", tf.float32)
        share = tf.reduce_sum(tf.cast(matched, tf.float32) * counted, axis=1) / (tf.reduce_sum(counted, axis=1) + 1e-6)
        logits = self.sharpness * tf.stack([1 - share, 0 * share, 0.5 * share, share], axis=1)
        probabilities = tf.nn.softmax(logits)
        return {
            "probabilities": probabilities,
            "expected_gain": tf.linalg.matvec(probabilities, [0.0, 0.01, 0.1, 1.0]),
            "class_id": tf.argmax(probabilities, axis=1),
            "lexical": tf.stack([share, 1 - share], axis=1),
        }


def image_bytes(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), COLOURS[colour]).save(buffer, "PNG")
    return buffer.getvalue()


def catalogue() -> pa.Table:
    """Return four colours of five things: white things have no image, other chairs have an image but no text."""
    rows = []
    for thing in THINGS:
        for colour in COLOURS:
            wordless = thing == "chair" and colour != "white"
            title = "" if wordless else f"{colour} {thing}"
            rows.append({"product_id": f"{colour}-{thing}", "title": title, "color": "" if wordless else colour})
    names = ("product_id", "title", "description", "brand", "color", "category")
    return pa.table({name: [row.get(name, "") for row in rows] for name in names})


def sides(encoder: HashingEncoder) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return text vectors, image vectors, `has_text` and `has_image`, in the order of `build_search_model`."""
    ids, titles = catalogue()["product_id"].to_pylist(), catalogue()["title"].to_pylist()
    images = encoder.encode_image([image_bytes(product_id.split("-")[0]) for product_id in ids])
    has_image = np.array([not product_id.startswith("white") for product_id in ids])
    return encoder.encode_text(titles), images, np.array([bool(title) for title in titles]), has_image


def save_classifier(directory: Path) -> Path:
    classifier = OverlapClassifier()
    tf.saved_model.save(classifier, str(directory), signatures={"classify_with_features": classifier.signature})
    return directory

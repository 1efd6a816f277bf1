"""Exports of every kind in TensorFlow 2.18's own runtime, that of the stock model server: the answers of our server."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from benchmarks.reference.client import Reference
from tests.vitrine.encoders.small_encoders import CONFIGS
from tests.vitrine.serving.stock_runtime.exports import (
    export_encoder,
    export_precomputed,
    export_search_models,
    sentence_checkpoints,
    write_chinese_clip,
    write_siglip_2,
)
from tests.vitrine.serving.stock_runtime.requests import requests
from tests.vitrine.serving.stock_runtime.runtime import (
    LISTED,
    POM,
    StockRuntime,
    foreign_ops,
    listed_ops,
    missing_from,
    read_answer,
    registered_ops,
    write_requests,
)
from tests.vitrine.serving.stock_runtime.same import HALF, SINGLE, assert_same
from tests.vitrine.serving.stock_runtime.sessions import opened
from vitrine.saved_model.allowed_ops import ALLOWED_OPS
from vitrine.saved_model.saving import save
from vitrine.saved_model.session import SavedModelSession

IMAGE_FAMILIES = ("clip", "siglip", "siglip_2", "open_clip", "chinese_clip")
ENCODERS = (*CONFIGS, *IMAGE_FAMILIES)
HALVES = ("bert", "clip")
"""Encoders that are exported in bfloat16, too: 8 bits of precision, where sums of another order round differently."""
SEARCH_MODELS = ("exact", "lists", "ranking")
KINDS = (*ENCODERS, "precomputed", *(f"{name}_bfloat16" for name in HALVES), *SEARCH_MODELS)
LIBRARIES = {
    "RegexSplitWithOffsets": "regex_split_ops",
    "NormalizeUTF8": "normalize_ops",
    "FastWordpieceTokenizeWithOffsets": "fast_wordpiece_tokenizer",
    "SentencepieceOp": "sentencepiece_tokenizer",
    "SentencepieceTokenizeOp": "sentencepiece_tokenizer",
}
"""TF Text's operations in exports, and their libraries."""
NEEDED = {
    **dict.fromkeys(("bert", "distilbert", "mpnet", "chinese_clip"), "fast_wordpiece_tokenizer"),
    **dict.fromkeys(("clip", "open_clip", "modernbert"), "normalize_ops"),
    "siglip": "sentencepiece_tokenizer",
}
"""The library that an encoder needs beside `regex_split_ops`, which all need that tokenize."""
PRODUCTS = ["red-mug", "blue-shoe", "white-lamp"]


@pytest.fixture(scope="module")
def exports(
    reference: Reference,
    make_checkpoint: Callable[..., Path],
    make_siglip: Callable[..., Path],
    make_open_clip: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """The directories of an export of each kind."""
    folder = tmp_path_factory.mktemp("exports")
    checkpoints = sentence_checkpoints(reference) | {
        "clip": make_checkpoint,
        "siglip": make_siglip,
        "siglip_2": partial(write_siglip_2, reference, make_siglip),
        "open_clip": make_open_clip,
        "chinese_clip": partial(write_chinese_clip, reference),
    }
    written = {name: write(folder / "checkpoints" / name) for name, write in checkpoints.items()}
    encoders = {name: export_encoder(checkpoint, folder / name) for name, checkpoint in written.items()}
    halves = {
        f"{name}_bfloat16": export_encoder(written[name], folder / f"{name}_bfloat16", "bfloat16") for name in HALVES
    }
    precomputed = {"precomputed": export_precomputed(folder / "vectors", folder / "precomputed")}
    return encoders | halves | precomputed | export_search_models(reference, folder / "search")


@pytest.fixture(scope="module")
def models(exports: dict[str, Path]) -> Iterator[dict[str, SavedModelSession]]:
    """The exports as our server loads them."""
    with opened(exports) as sessions:
        yield sessions


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> StockRuntime:
    return StockRuntime.installed(tmp_path_factory.mktemp("runtime"))


@pytest.fixture(scope="module")
def asked(
    runtime: StockRuntime,
    exports: dict[str, Path],
    models: dict[str, SavedModelSession],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The folder of requests and of the runtime's answers."""
    root = tmp_path_factory.mktemp("asked")
    for name, model in models.items():
        write_requests(root / name, exports[name], requests(model, PRODUCTS), optimized=name in ENCODERS)
    webp = {"embed_image": {"image_bytes": np.array([webp_file()], object)}}
    write_requests(root / "webp", exports["siglip"], webp, optimized=False)
    runtime.ask(root)
    return root


def webp_file() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "WEBP")
    return file.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_the_runtime_has_every_operation_and_attribute(kind: str, exports: dict[str, Path]) -> None:
    assert missing_from(listed_ops(), exports[kind]) == set()


@pytest.mark.parametrize("kind", [*ENCODERS, "precomputed"])
def test_an_encoder_needs_the_op_libraries_that_the_documentation_names(kind: str, exports: dict[str, Path]) -> None:
    libraries = {LIBRARIES[op] for op in foreign_ops(exports[kind])}
    assert libraries == ({"regex_split_ops", NEEDED.get(kind, "regex_split_ops")} if kind in ENCODERS else set())


def test_an_operation_of_a_newer_tensorflow_is_reported(tmp_path: Path) -> None:
    decode = tf.function(tf.io.decode_webp, input_signature=[tf.TensorSpec([], tf.string, name="contents")])
    save(tf.Module(), tmp_path, {"decode": decode})
    assert missing_from(listed_ops(), tmp_path) == {"DecodeWebP"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_signature_has_our_servers_answer(kind: str, models: dict[str, SavedModelSession], asked: Path) -> None:
    model = models[kind]
    for name, inputs in requests(model, PRODUCTS).items():
        answer = read_answer(asked / kind / name)
        assert not isinstance(answer, str), f"{name}: {answer}"
        assert_same(answer, model.signature(name).run(inputs), name, HALF if kind.endswith("bfloat16") else SINGLE)


def test_the_runtime_has_no_decoder_of_webp(asked: Path) -> None:
    answer = read_answer(asked / "webp" / "embed_image")
    assert isinstance(answer, str)
    assert "Unknown image file format" in answer


def test_the_list_of_operations_is_the_runtimes(asked: Path) -> None:
    assert (asked / "version").read_text(encoding="utf-8").startswith("2.18.")
    assert registered_ops(asked, ALLOWED_OPS) == LISTED.read_text(encoding="utf-8")


def test_the_java_example_prints_the_products(
    runtime: StockRuntime, exports: dict[str, Path], models: dict[str, SavedModelSession]
) -> None:
    printed = runtime.run(
        POM.with_name("ModelSearch.java"), str(exports["lists"]), "red mug", str(runtime.text_ops / "ops")
    )
    found = models["lists"].signature("serving_default").run({"query": np.array(["red mug"], object)})
    ids, scores = zip(*(line.split() for line in printed.splitlines()), strict=True)
    assert [product.encode() for product in ids] == found["product_id"][0].tolist()
    np.testing.assert_allclose(np.array(scores, np.float32), found["score"][0], atol=1e-5)

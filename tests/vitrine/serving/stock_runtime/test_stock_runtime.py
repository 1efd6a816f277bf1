"""Exports of every kind in TensorFlow 2.18's own runtime, the one inside the stock model server: our server's answers."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from benchmarks.reference.client import Reference
from tests.vitrine.encoders.small_encoders import CONFIGS
from tests.vitrine.search import shop
from tests.vitrine.serving.stock_runtime.exports import (
    export_encoder,
    export_search_models,
    sentence_checkpoints,
    write_chinese_clip,
    write_siglip_2,
)
from tests.vitrine.serving.stock_runtime.requests import requests
from tests.vitrine.serving.stock_runtime.runtime import (
    FOLDER,
    Arrays,
    StockRuntime,
    read_answer,
    registered_ops,
    write_requests,
)
from vitrine.saved_model.allowed_ops import ALLOWED_OPS
from vitrine.saved_model.session import SavedModelSession

IMAGE_FAMILIES = ("clip", "siglip", "siglip_2", "open_clip", "chinese_clip")
ENCODERS = (*CONFIGS, *IMAGE_FAMILIES)
HALVES = ("bert", "clip")
"""Encoders that are exported in bfloat16, too."""
SEARCH_MODELS = ("exact", "lists", "cross_encoder", "ranking", "precomputed", "classifier")
KINDS = (*ENCODERS, *(f"{name}_bfloat16" for name in HALVES), *SEARCH_MODELS)
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
    return encoders | halves | export_search_models(reference, folder / "search")


@pytest.fixture(scope="module")
def models(exports: dict[str, Path]) -> Iterator[dict[str, SavedModelSession]]:
    """The exports as our server loads them."""
    opened = {name: SavedModelSession(directory) for name, directory in exports.items()}
    yield opened
    for model in opened.values():
        model.close()


@pytest.fixture(scope="module")
def asked(
    exports: dict[str, Path], models: dict[str, SavedModelSession], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of requests and of the runtime's answers."""
    runtime = StockRuntime.installed(tmp_path_factory.mktemp("runtime"))
    root = tmp_path_factory.mktemp("asked")
    for name, model in models.items():
        write_requests(root / name, exports[name], requests(model, PRODUCTS))
    runtime.run(root)
    return root


@pytest.mark.parametrize("kind", KINDS)
def test_every_signature_has_our_servers_answer(kind: str, models: dict[str, SavedModelSession], asked: Path) -> None:
    model = models[kind]
    for name, inputs in requests(model, PRODUCTS).items():
        answer = read_answer(asked / kind / name)
        assert not isinstance(answer, str), f"{name}: {answer}"
        assert_same(answer, model.signature(name).run(inputs), name)


def assert_same(answer: Arrays, expected: Arrays, name: str) -> None:
    assert answer.keys() == expected.keys(), name
    for output, values in expected.items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(answer[output], values, rtol=1e-5, atol=1e-6, err_msg=f"{name}.{output}")
        else:
            np.testing.assert_array_equal(answer[output], values, err_msg=f"{name}.{output}")


def test_the_list_of_operations_is_the_runtimes(asked: Path) -> None:
    assert (asked / "version").read_text(encoding="utf-8").startswith("2.18.")
    listed = (FOLDER / "ops.txt").read_text(encoding="utf-8")
    assert registered_ops(asked) == listed

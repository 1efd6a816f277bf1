"""Small SavedModels, and a real server over them.

The contract tests run against any server of the same models: write them with
`python tests/vitrine/serving/conftest.py DIR`, serve DIR/contract, DIR/types and DIR/examples with TF Serving, and set
VITRINE_TFSERVING_URL to it.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def write_contract_model(directory: Path, weight: float = 2.0) -> None:
    """A model with strings, bytes, scalars, several inputs and signatures; `weight` tells its versions apart."""
    import tensorflow as tf

    class Contract(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable(weight)
            self.kernel = tf.Variable([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
            keys = tf.lookup.KeyValueTensorInitializer(["mug", "bag"], tf.constant([7, 8], tf.int64))
            self.table = tf.lookup.StaticHashTable(keys, -1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def scale(self, x: Any) -> dict[str, Any]:
            return {"y": x * self.weight}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
        def describe(self, query: Any) -> dict[str, Any]:
            return {
                "product_id": tf.stack([query, tf.strings.upper(query)], axis=1),
                "raw_bytes": query,
                "number": self.table.lookup(query),
                "score": tf.fill([tf.size(query), 1], self.weight),
            }

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 3], tf.float32, name="vector"),
                tf.TensorSpec([None], tf.string, name="label"),
            ]
        )
        def join(self, vector: Any, label: Any) -> dict[str, Any]:
            return {"projected": vector @ self.kernel, "label": label}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def totals(self, x: Any) -> dict[str, Any]:
            return {"total": tf.reduce_sum(x), "rows": tf.size(x)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
        def ragged(self, x: Any) -> dict[str, Any]:
            return {"all": x, "first": x[:1]}

    module = Contract()
    signatures = {
        "serving_default": module.scale,
        "describe": module.describe,
        "join": module.join,
        "totals": module.totals,
        "ragged": module.ragged,
    }
    tf.saved_model.save(module, str(directory), signatures=signatures)


def write_types_model(directory: Path) -> None:
    """One signature a type, that gives back what it got, plus one whose output has no JSON form."""
    import tensorflow as tf

    names = ("float32", "float64", "int8", "uint8", "int16", "int32", "int64", "uint32", "uint64", "bool", "string")
    module = tf.Module()
    module.functions = {
        name: tf.function(
            lambda value: {"value": tf.identity(value)},
            input_signature=[tf.TensorSpec(None, tf.as_dtype(name), name="value")],
        )
        for name in (*names, "float16")
    }
    module.functions["bfloat16_out"] = tf.function(
        lambda value: {"value": tf.cast(value, tf.bfloat16)},
        input_signature=[tf.TensorSpec([None], tf.float32, name="value")],
    )
    tf.saved_model.save(module, str(directory), signatures=module.functions)


def write_examples_model(directory: Path) -> None:
    """Classification and regression signatures over serialized examples, which only TensorFlow 1's builder writes."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        serialized = v1.placeholder(tf.string, [None], "serialized")
        features = {"x": tf.io.FixedLenFeature([1], tf.float32), "bonus": tf.io.FixedLenFeature([], tf.int64, 0)}
        parsed = tf.io.parse_example(serialized, features)
        total = parsed["x"] + tf.cast(parsed["bonus"][:, tf.newaxis], tf.float32)
        scores = tf.concat([total, -total], axis=1)
        labels = tf.tile(tf.constant([["up", "down"]]), [tf.size(serialized), 1])
        info = v1.saved_model.build_tensor_info

        def signature(method: str, **outputs: Any) -> Any:
            return v1.saved_model.build_signature_def(
                inputs={"inputs": info(serialized)},
                outputs={name: info(tensor) for name, tensor in outputs.items()},
                method_name=f"tensorflow/serving/{method}",
            )

        builder = v1.saved_model.Builder(str(directory))
        builder.add_meta_graph_and_variables(
            session,
            [tf.saved_model.SERVING],
            {
                "serving_default": signature("classify", classes=labels, scores=scores),
                "scores": signature("classify", scores=scores),
                "total": signature("regress", outputs=total),
                "wide": signature("regress", outputs=scores),
            },
        )
        builder.save()


def write_models(directory: Path) -> None:
    """Everything the contract tests ask for, as `directory/<model>/1`."""
    write_contract_model(directory / "contract" / "1")
    write_types_model(directory / "types" / "1")
    write_examples_model(directory / "examples" / "1")


@pytest.fixture(scope="session")
def contract_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving directory with the contract tests' models."""
    directory = tmp_path_factory.mktemp("serving")
    write_models(directory)
    return directory


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SavedModels `2` and `3`: the contract model, multiplying by its name."""
    directory = tmp_path_factory.mktemp("saved")
    for weight in (2, 3):
        write_contract_model(directory / str(weight), float(weight))
    return directory


@pytest.fixture(scope="session")
def start_server() -> Iterator[Callable[..., str]]:
    """Start a server in this process on a free port: `start_server(directory, **limits)` gives its URL."""
    import uvicorn

    from vitrine.serving.rest import Limits, create_app
    from vitrine.serving.servables import Servables
    from vitrine.serving.server import listen

    running: list[tuple[Any, threading.Thread, Servables]] = []

    def start(directory: Path, poll_seconds: float = 0.05, timeout_seconds: float = 30.0, **limits: int) -> str:
        servables = Servables(directory, timeout_seconds)
        servables.refresh()
        servables.start(poll_seconds)
        listener = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(create_app(servables, Limits(**limits)), log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        listener.listen()
        thread.start()
        running.append((server, thread, servables))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, thread, servables in running:
        server.should_exit = True
        thread.join()
        servables.close()


@pytest.fixture(scope="session")
def contract_url(request: pytest.FixtureRequest) -> str:
    """The server under test: VITRINE_TFSERVING_URL, or ours over `contract_models`."""
    url = os.environ.get("VITRINE_TFSERVING_URL")
    return url or request.getfixturevalue("start_server")(request.getfixturevalue("contract_models"))


@pytest.fixture(scope="session")
def api(contract_url: str) -> Iterator[httpx.Client]:
    """A client of the server under test."""
    with httpx.Client(base_url=contract_url, timeout=30.0) as client:
        yield client


if __name__ == "__main__":
    write_models(Path(sys.argv[1]))

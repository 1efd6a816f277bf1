from pathlib import Path
from typing import Any

import pytest
import tensorflow_model_analysis as tfma
from apache_beam.transforms import ParDo
from tfx.components.evaluator import executor
from tfx.components.util import udf_utils
from tfx.types import Channel, standard_artifacts

from components.artifacts import EMBEDDINGS
from components.evaluator.component import Evaluator, Executor
from components.evaluator.vectors import AddVectors


def test_the_embeddings_are_inputs_of_the_node() -> None:
    channels = {name: Channel(type=kind) for name, kind in EMBEDDINGS.items()}
    node = Evaluator(
        examples=Channel(type=standard_artifacts.Examples),
        model=Channel(type=standard_artifacts.Model),
        schema=Channel(type=standard_artifacts.Schema),
        eval_config=tfma.EvalConfig(),
        **channels,
    )
    assert {name: node.inputs[name] for name in EMBEDDINGS} == channels
    assert set(node.outputs) == {"evaluation", "blessing"}


def test_tfx_finds_the_extractors_with_the_vectors_of_the_inputs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    transforms: list[ParDo] = []

    def evaluate(_self: Any, _inputs: Any, _outputs: Any, properties: dict[str, Any]) -> None:
        extractors = udf_utils.get_fn(properties, "custom_extractors")(None, tfma.EvalConfig(), None)
        transforms.append(extractors[0].ptransform)

    monkeypatch.setattr(executor.Executor, "Do", evaluate)
    inputs = {}
    for name, kind in EMBEDDINGS.items():
        artifact = kind()
        artifact.uri = str(tmp_path / name)
        inputs[name] = [artifact]
    given = {"module_file": None}
    Executor().Do(inputs, {}, given)
    assert given == {"module_file": None}  # as ML Metadata keeps it
    (transform,) = transforms
    assert isinstance(transform.fn, AddVectors)
    assert transform.fn._folders == (str(tmp_path / "query_embeddings"), str(tmp_path / "product_embeddings"))

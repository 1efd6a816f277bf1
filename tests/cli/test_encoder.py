import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.vitrine.encoders.small_encoders import write_encoder
from vitrine.errors import ConfigError, DataError, RefusedError

TEXTS = ["red mug", "ein roter Becher für Tee"]
FIELDS = {"prompts": {"query": "query: ", "document": "passage: "}}
MODULES = [
    {"type": "Pooling", "embedding_dimension": 32, "pooling_mode": "cls"},
    {"type": "Dense", "in_features": 32, "out_features": 20, "activation": "Tanh"},
]


@pytest.fixture(scope="module")
def encoder(reference, tmp_path_factory) -> Path:
    directory = write_encoder(reference, "distilbert", tmp_path_factory.mktemp("inspect"), MODULES)
    (directory / "config_sentence_transformers.json").write_text(json.dumps(FIELDS))
    return directory


def inspect(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["encoder", "inspect", *map(str, arguments)])


def reference_files(directory: Path, vectors: np.ndarray) -> list[Path]:
    (directory / "texts.json").write_text(json.dumps(TEXTS))
    np.save(directory / "vectors.npy", vectors)
    return [directory / "texts.json", directory / "vectors.npy"]


def test_what_would_be_computed_is_printed(encoder: Path) -> None:
    printed = json.loads(inspect(encoder, "--json").output)
    assert len(printed.pop("fingerprint")) == 64
    assert printed == {
        "kind": "sentence",
        "dimension": 20,
        "images": False,
        "family": "distilbert",
        "layers": 3,
        "width": 32,
        "tokenizer": "WordPiece",
        "max_tokens": 196,
        "modules": ["Transformer", "Pooling cls", "Dense 32 → 20 Tanh", "unit length"],
        "query_prompt": "query: ",
        "document_prompt": "passage: ",
        "undecided": "",
    }
    lines = [line.split(maxsplit=1) for line in inspect(encoder, "--dimension", 8).output.splitlines()]
    assert ["modules", "Transformer, Pooling cls, Dense 32 → 20 Tanh, cut to 8, unit length"] in lines


@pytest.mark.parametrize(("side", "options"), [("query", []), ("document", ["--documents"])])
def test_vectors_are_compared_with_a_reference(encoder: Path, reference, tmp_path: Path, side, options) -> None:
    vectors = 3 * reference("text_encoders.encode", directory=encoder, texts=TEXTS, side=side)
    files = reference_files(tmp_path, vectors)
    result = inspect(encoder, "--reference", *files, *options)
    assert result.exit_code == 0
    assert "reference        cosine 1.000000 at least, 1.000000 in the median" in result.output
    other = inspect(encoder, "--reference", *files, *options, "--query-prompt", "x ", "--document-prompt", "y ")
    assert isinstance(other.exception, RefusedError)
    assert "not the reference's vectors: the cosine of '" in str(other.exception)


@pytest.mark.parametrize(
    ("texts", "vectors", "message"),
    [
        ("[", np.zeros((2, 20)), "not a JSON file"),
        ("{}", np.zeros((2, 20)), "expected a JSON array of texts"),
        ('["a"]', np.zeros((2, 20)), "an array of shape (2, 20), for 1 texts"),
        ('["a", "b"]', np.zeros((2, 7)), "the reference has 7 dimensions, the encoder 20"),
    ],
)
def test_a_reference_that_does_not_fit_is_named(encoder: Path, tmp_path: Path, texts, vectors, message) -> None:
    files = reference_files(tmp_path, vectors)
    files[0].write_text(texts)
    result = inspect(encoder, "--reference", *files)
    assert isinstance(result.exception, DataError)
    assert message in str(result.exception)


def test_a_source_without_an_encoder_is_one_line() -> None:
    result = inspect("nowhere")
    assert isinstance(result.exception, ConfigError)
    assert "'nowhere' is not a directory" in str(result.exception)

"""The benchmark of a small run: its files, its models, and a cross-encoder that is fine-tuned for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.reference.client import Reference
from tests.embedding_folders import write_folder
from tests.vitrine.benchmark.conftest import judged
from tests.vitrine.cross_encoder.conftest import write_bert
from tests.vitrine.encoders.small_encoders import write_transformer
from tests.vitrine.search import shop
from vitrine.benchmark.run import CLASSIFIER, CROSS_ENCODER, Inputs, benchmark
from vitrine.benchmark.settings import BenchmarkSettings
from vitrine.cross_encoder.settings import CrossEncoderSettings, DistillationSettings
from vitrine.data.contract.files import write_catalogue, write_judgements
from vitrine.data.formats.arrow import vector_column
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """The outputs of a run of the shop."""
    folder = tmp_path_factory.mktemp("run")
    encoder = shop.HashingEncoder()
    catalogue, sides = shop.catalogue(), shop.sides(encoder)
    splits = {"train": judged("mug", "lamp"), "eval": judged("shoe", "shirt")}
    write_catalogue(folder / "data", catalogue)
    for name, table in splits.items():
        write_judgements(folder / "data", name, table)
    text, image, has_text, has_image = sides
    products = {"text_vector": vector_column(text), "image_vector": vector_column(image)}
    products |= {"has_text": pa.array(has_text), "has_image": pa.array(has_image)}
    for name, column in products.items():
        catalogue = catalogue.append_column(name, column)
    queries = {row["query_id"]: row["query"] for table in splits.values() for row in table.to_pylist()}
    vectors = vector_column(encoder.encode_text(list(queries.values())))
    write_folder(folder / "queries", pa.table({"query_id": list(queries), "query_vector": vectors}))
    write_folder(folder / "products", catalogue)
    classifier = shop.save_classifier(folder / "classifier")
    export_search_model(build_search_model(shop.catalogue(), *sides, encoder, classifier), folder / "model")
    return Inputs(folder / "data", folder / "queries", folder / "products", "f" * 64, classifier,
                  folder / "model", 0.3, ("title", "color"))  # fmt: skip


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> str:
    return str(write_bert(reference, tmp_path_factory.mktemp("bert")))


@pytest.fixture(scope="module")
def figures(inputs: Inputs, bert: str) -> dict[str, Any]:
    cross_encoder = CrossEncoderSettings(source=bert, epochs=1, max_tokens=16)
    distillation = DistillationSettings(source=bert, pairs=16)
    settings = BenchmarkSettings(sentence="", cross_encoder=cross_encoder, first_lesson=distillation, candidates=5)
    return benchmark(inputs, settings, published=True)


def test_both_pair_models_re_rank_every_ranking(figures: dict[str, Any]) -> None:
    names = set(figures["rankings"]["pools"])
    for model in (CLASSIFIER, CROSS_ENCODER):
        assert {f"BM25 + {model}", f"text and image + {model}", model} <= names
        assert model in figures["labels"]
        assert 0 <= figures["chosen"]["blend"][f"BM25 + {model}"] <= 1
    assert set(figures["published"]) == names


def test_a_published_cross_encoder_is_used_as_it_is(inputs: Inputs, reference: Reference, tmp_path: Path) -> None:
    fields = {"num_labels": 1}
    source = write_transformer(reference, "xlm-roberta", tmp_path, kind="ForSequenceClassification", **fields)
    settings = CrossEncoderSettings(source=str(source), epochs=0, max_tokens=16)
    figures = benchmark(inputs, BenchmarkSettings(sentence="", cross_encoder=settings, candidates=3))
    assert CROSS_ENCODER in figures["labels"]
    assert f"BM25 + {CROSS_ENCODER}" in figures["rankings"]["pools"]


def test_queries_and_judgements_are_counted(figures: dict[str, Any]) -> None:
    assert figures["counts"]["products"] == 20
    assert figures["counts"]["queries"]["eval"] == 8
    assert 0 < figures["counts"]["queries"]["validation"] <= figures["counts"]["queries"]["train"] == 8


def test_every_figure_is_a_number(figures: dict[str, Any]) -> None:
    for metrics in [*figures["rankings"]["pools"].values(), *figures["catalogue"].values()]:
        for estimate in metrics.values():
            assert np.isfinite(list(estimate.values()) if isinstance(estimate, dict) else estimate).all()


def test_the_sentence_encoder_is_compared_unless_it_is_the_runs_own(inputs: Inputs, bert: str) -> None:
    from dataclasses import replace

    from vitrine.encoders.loading import load_encoder

    same_encoder = replace(inputs, fingerprint=load_encoder(Path(bert)).fingerprint)
    settings = BenchmarkSettings(sentence=bert, candidates=3)
    assert "sentence encoder" in benchmark(inputs, settings)["rankings"]["pools"]
    assert "sentence encoder" not in benchmark(same_encoder, settings)["rankings"]["pools"]

import importlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines.stamps.code import Code
from pipelines.stamps.encoder import ENCODING_MODULES, encoder_settings, encoder_stamps
from vitrine.data.vectors.files import ProductVectors, QueryVectors, write_vector_files
from vitrine.encoders.settings import EncoderSettings

READ = ("config.json", "tokenizer.json", "1_Pooling/config.json", "model.safetensors")


def write_checkpoint(folder: Path) -> Path:
    """Write the files of a checkpoint, with a README and other weights that are not read."""
    (folder / "1_Pooling").mkdir(parents=True)
    for name in (*READ, "README.md", "model.onnx"):
        (folder / name).write_text(name)
    return folder


def stamp(source: object, kind: str = "sentence", **fields: str) -> dict[str, str]:
    return encoder_stamps(EncoderSettings(kind=kind, source=str(source), **fields))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "encoder")


@pytest.mark.parametrize("name", [*READ, "vocab.txt"])
def test_every_file_that_is_read_counts_by_its_content(checkpoint: Path, name: str) -> None:
    before = stamp(checkpoint)
    (checkpoint / name).write_text("other")
    assert stamp(checkpoint) != before


def test_files_that_are_not_read_do_not_count(checkpoint: Path) -> None:
    before = stamp(checkpoint)
    for name in ("README.md", "model.onnx", "training.log"):
        (checkpoint / name).write_text("other")
    os.utime(checkpoint / "model.safetensors", ns=(1, 1))
    assert stamp(checkpoint) == before


def test_weights_in_several_files_count_all(checkpoint: Path) -> None:
    (checkpoint / "model.safetensors").unlink()
    index = {"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
    for name in index["weight_map"].values():
        (checkpoint / name).write_text(name)
    before = stamp(checkpoint)
    (checkpoint / "2.safetensors").write_text("tuned")
    assert stamp(checkpoint) != before


def test_links_are_followed_from_the_folder_and_from_each_file(checkpoint: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(checkpoint)
    before = stamp(link)
    assert before == stamp(checkpoint)
    other = write_checkpoint(tmp_path / "other")
    (other / "config.json").write_text("other")
    link.unlink()
    link.symlink_to(other)
    assert stamp(link) != before
    (checkpoint / "config.json").unlink()
    (checkpoint / "config.json").symlink_to(other / "config.json")
    assert stamp(checkpoint) == stamp(link)


def test_a_package_counts_by_the_checkpoint_that_it_carries(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "carrying_package"
    shutil.copytree(checkpoint, package / "model")
    (package / "__init__.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    before = stamp("package:carrying_package")
    (package / "__init__.py").write_text("raise ValueError\n")
    assert stamp("package:carrying_package") == before == stamp(checkpoint)
    (package / "model" / "model.safetensors").write_text("of the next version")
    assert stamp("package:carrying_package") != before


def test_a_preset_in_a_folder_counts_by_all_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "vocabulary.json").write_text("{}")
    before = stamp(f"preset:{tmp_path}", "clip")
    (tmp_path / "assets" / "vocabulary.json").write_text("[]")
    assert stamp(f"preset:{tmp_path}", "clip") != before
    assert stamp("preset:clip_vit_base_patch32", "clip") == {}


def test_precomputed_vectors_and_their_text_encoder_have_a_stamp_each(checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    folder.mkdir()
    for name in ("vectors.json", "queries.parquet", "products.parquet"):
        (folder / name).write_text(name)
    before = stamp(folder, "precomputed", text=str(checkpoint))
    assert before.keys() == {"vectors", "text_encoder"}
    (folder / "products.parquet").write_text("other")
    changed = stamp(folder, "precomputed", text=str(checkpoint))
    assert changed["vectors"] != before["vectors"]
    (checkpoint / "model.safetensors").write_text("other")
    assert stamp(folder, "precomputed", text=str(checkpoint)) == changed | {
        "text_encoder": stamp(checkpoint)["encoder"]
    }


def test_an_unreadable_source_has_a_stamp(tmp_path: Path) -> None:
    assert stamp(tmp_path / "nowhere") == {"encoder": "unreadable"}
    assert stamp("scratch", "clip") == {}


@pytest.mark.parametrize(
    "module",
    [
        "vitrine.embeddings.product_images",  # the mean of a product's images
        "vitrine.embeddings.encoding",  # the columns that are kept with a vector
        "vitrine.text.product_texts",
        "vitrine.data.images.decoding",
        "vitrine.encoders.images.preprocessing",
        "vitrine.encoders.sentence.model",
    ],
)
def test_what_decides_a_contents_vector_is_code_of_the_encoding(module: str) -> None:
    assert module in Code().stamp(ENCODING_MODULES)


def test_the_same_encoder_in_another_place_has_the_same_settings(checkpoint: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(checkpoint, tmp_path / "moved")
    settings = [EncoderSettings(kind="sentence", source=str(folder)) for folder in (checkpoint, moved)]
    assert len({encoder_settings(encoder, ("title",)) for encoder in settings}) == 1
    (moved / "model.safetensors").write_text("other")
    assert len({encoder_settings(encoder, ("title",)) for encoder in settings}) == 2


def test_all_that_decides_a_vector_is_among_the_settings() -> None:
    encoders = [
        EncoderSettings(),
        EncoderSettings(precision="bfloat16"),
        EncoderSettings(source="preset:clip_vit_base_patch16"),
        EncoderSettings.model_validate({"architecture": {"dimension": 64}}),
        EncoderSettings.model_validate({"training": {"epochs": 3}}),
        EncoderSettings(kind="sentence", source="there"),
        EncoderSettings(kind="sentence", source="there", query_prompt="query: "),
        EncoderSettings(kind="sentence", source="there", document_prompt="passage: "),
        EncoderSettings(kind="sentence", source="there", dimension=64),
    ]
    different = {encoder_settings(encoder, ("title",)) for encoder in encoders}
    assert len(different | {encoder_settings(encoders[0], ("title", "brand"))}) == len(encoders) + 1


def test_precomputed_vectors_of_the_same_model_are_the_same_encoder(tmp_path: Path) -> None:
    found = set()
    for name, (model, count) in {"first": ("clip", 1), "second": ("clip", 2), "third": ("siglip", 2)}.items():
        ids = pa.array([str(number) for number in range(count)])
        vectors, present = np.ones((count, 4), np.float32), np.ones(count, bool)
        queries = QueryVectors(ids, ids, vectors)
        write_vector_files(
            tmp_path / name, model, 4, [queries], [ProductVectors(ids, vectors, vectors, present, present)]
        )
        encoder = EncoderSettings(kind="precomputed", source=str(tmp_path / name))
        found.add(encoder_settings(encoder, ("title",)))
    assert len(found) == 2

"""Encoders from the hub, on a server on loopback."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks.reference.client import Reference
from pipelines.stamps.encoder import encoder_settings, encoder_stamps, pinned_cross_encoder, pinned_settings
from tests.vitrine.encoders.small_encoders import write_transformer
from tests.vitrine.hub.hub_server import serve_hub
from vitrine.cross_encoder.calibrated import open_source
from vitrine.encoders.hub.download import commit_of, hub_directory, pinned
from vitrine.encoders.loading import load_encoder, open_encoder, source_directory
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import ConfigError, DataError, NetworkError
from vitrine.search.settings import CrossEncoderStage

NAME = "shop/clip"
SOURCE = f"hub:{NAME}"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """An empty hub, with an empty cache."""
    with serve_hub() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        commit_of.cache_clear()
        yield served
        commit_of.cache_clear()


@pytest.fixture
def files(checkpoint_directory, tmp_path):
    """A CLIP checkpoint among files that no encoder needs."""
    folder = shutil.copytree(checkpoint_directory, tmp_path / "files")
    for name in ("pytorch_model.bin", "README.md", "tf_model.h5", "onnx/model.onnx", "onnx/config.json", "run.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not needed")
    return folder


def test_an_encoder_comes_from_the_hub_with_the_files_that_it_needs(hub, files, checkpoint_directory):
    hub.add(NAME, files)
    encoder = open_encoder(EncoderSettings(source=SOURCE))
    assert encoder.fingerprint == load_encoder(checkpoint_directory).fingerprint
    wanted = {"config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"}
    assert hub.downloads() == {*wanted, "README.md"}  # it names the licence


def test_what_is_in_the_cache_is_not_asked_for_again(hub, files):
    commit = hub.add(NAME, files)
    directory = hub_directory(f"{SOURCE}@{commit}")
    assert directory.name == commit
    before = len(hub.requests)
    assert hub_directory(f"{SOURCE}@{commit}") == directory
    assert len(hub.requests) == before


def test_a_revision_is_resolved_once_in_a_process_and_kept_in_the_stamps(hub, files, make_checkpoint, tmp_path):
    first = hub.add(NAME, files)
    settings = EncoderSettings(source=SOURCE)
    stamps, key = encoder_stamps(settings), encoder_settings(settings, ("title",))
    assert stamps == {"encoder": f"{SOURCE}@{first}"} == {"encoder": pinned(SOURCE)}
    assert pinned_settings(settings).source == f"{SOURCE}@{first}"
    second = hub.add(NAME, make_checkpoint(tmp_path / "second", seed=1))
    assert encoder_stamps(settings) == stamps
    commit_of.cache_clear()  # as in a new process
    assert encoder_stamps(settings) == {"encoder": f"{SOURCE}@{second}"}
    assert encoder_settings(settings, ("title",)) != key
    assert hub_directory(f"{SOURCE}@{first}").name == first


def test_a_cross_encoder_comes_from_the_hub_and_stays_at_its_commit(hub, reference: Reference, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    write_transformer(reference, "bert", files, kind="ForSequenceClassification", num_labels=1)
    commit = hub.add(NAME, files)
    settings = CrossEncoderStage(source=SOURCE, candidates=7)
    assert open_source(settings, "search.cross_encoder").outputs == 1
    assert pinned_cross_encoder(settings) == CrossEncoderStage(source=f"{SOURCE}@{commit}", candidates=7)
    assert pinned_cross_encoder(CrossEncoderStage(source="models/own")).source == "models/own"
    assert pinned_cross_encoder(None) is None


def test_branches_and_tags_are_revisions(hub, files):
    hub.add(NAME, files, "v1.0")
    assert source_directory(f"{SOURCE}@v1.0").is_dir()
    with pytest.raises(ConfigError, match="shop/clip on the hub has no revision 'v2'"):
        source_directory(f"{SOURCE}@v2")


def test_without_a_network_the_cache_serves_and_what_is_not_there_is_one_line(hub, files, monkeypatch):
    hub.add(NAME, files)
    directory = hub_directory(SOURCE)
    commit_of.cache_clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    before = len(hub.requests)
    assert hub_directory(SOURCE) == directory
    assert len(hub.requests) == before
    with pytest.raises(NetworkError, match=r"shop/other@main is not complete in .*, and HF_HUB_OFFLINE is set"):
        hub_directory("hub:shop/other")
    (directory / "model.safetensors").unlink()  # as after an interrupted download
    with pytest.raises(NetworkError, match="shop/clip@main is not complete"):
        hub_directory(SOURCE)


def test_files_that_other_programs_left_in_the_cache_do_not_count_as_all(hub, files, monkeypatch):
    commit = hub.add(NAME, files)
    hub_directory(f"{SOURCE}@{commit}")
    listed = next(Path(hub_cache()).rglob(f"vitrine/{commit}.json"))
    listed.unlink()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(NetworkError, match="is not complete"):
        hub_directory(f"{SOURCE}@{commit}")


def hub_cache() -> str:
    from vitrine.hub.client import cache

    return str(cache())


def test_a_hub_that_cannot_be_reached_is_one_line(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(NetworkError) as raised:
        hub_directory(SOURCE)
    message = str(raised.value)
    assert "shop/clip on the hub: http://127.0.0.1:9 cannot be reached (" in message
    assert "\n" not in message
    assert encoder_stamps(EncoderSettings(source=SOURCE)) == {"encoder": "unreadable"}
    assert pinned_settings(EncoderSettings(source=SOURCE)).source == SOURCE


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("hub:shop/none", "shop/none on the hub does not exist"),
        ("hub:shop", "'hub:shop' is not of the form 'hub:ORG/NAME' or"),
        ("hub:shop/a--b", "'shop/a--b' is not the name of a repository"),
    ],
)
def test_errors_of_the_hub_name_the_setting(hub, source, problem):
    with pytest.raises(ConfigError, match=rf"^search\.cross_encoder\.source: {problem}"):
        source_directory(source, "search.cross_encoder.source")
    with pytest.raises(ConfigError, match=rf"^encoder\.source: {problem}"):
        open_encoder(EncoderSettings(source=source))
    with pytest.raises(ConfigError, match=rf"^trainer\.teacher\.source: {problem}"):
        open_source(CrossEncoderStage(source=source), "trainer.teacher")


def test_an_unreachable_hub_is_an_error_of_the_setting_too(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(NetworkError, match=r"^search\.cross_encoder\.source: shop/clip on the hub: .* cannot"):
        source_directory(SOURCE, "search.cross_encoder.source")


def test_a_missing_repository_and_a_broken_hub_are_one_line(hub, files):
    with pytest.raises(ConfigError, match="shop/none on the hub does not exist, or is private: check the name, or set"):
        hub_directory("hub:shop/none")
    commit = hub.add(NAME, files)
    hub.status = 500
    with pytest.raises(
        NetworkError, match=r"shop/clip on the hub: http://127\.0\.0\.1:\d+ answers with status 500; try"
    ):
        hub_directory(f"{SOURCE}@{commit}")


def test_a_gated_repository_needs_a_token_of_the_environment(hub, files, monkeypatch):
    hub.add(NAME, files)
    hub.gated.add(NAME)
    hub.token = "of-the-account"
    with pytest.raises(ConfigError, match="is gated: accept its conditions on its page, and set HF_TOKEN"):
        hub_directory(SOURCE)
    monkeypatch.setenv("HF_TOKEN", "of-the-account")
    assert hub_directory(SOURCE).is_dir()


def test_pickles_are_not_downloaded(hub, files):
    (files / "model.safetensors").unlink()
    hub.add(NAME, files)
    with pytest.raises(DataError, match=r"hub:shop/clip@main: no safetensors weights, but pytorch_model\.bin"):
        hub_directory(SOURCE)
    assert "pytorch_model.bin" not in hub.downloads()


def test_shards_are_those_of_the_index(hub, files, checkpoint_directory, reference: Reference):
    (files / "model.safetensors").unlink()
    reference("clip.write_shards", source=checkpoint_directory, directory=files, precision="float32", size="100KB")
    (files / "model-99999-of-00001.safetensors").write_bytes(b"of an earlier version")
    hub.add(NAME, files)
    encoder = load_encoder(hub_directory(SOURCE))
    assert encoder.fingerprint == load_encoder(checkpoint_directory).fingerprint
    assert "model-99999-of-00001.safetensors" not in hub.downloads()
    index = json.loads((files / "model.safetensors.index.json").read_text())
    index["weight_map"]["logit_scale"] = "../pytorch_model.bin"
    (files / "model.safetensors.index.json").write_text(json.dumps(index))
    broken = shutil.copytree(files, files.with_name("broken"))
    hub.add(NAME, broken)
    commit_of.cache_clear()
    with pytest.raises(DataError, match=r"names '\.\./pytorch_model\.bin', which is no safetensors file"):
        hub_directory(SOURCE)


def test_a_pooling_that_no_list_of_modules_names_is_refused_as_in_a_directory(hub, reference, tmp_path):
    folder = write_transformer(reference, "bert", tmp_path / "model")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    hub.add(NAME, folder)
    for directory in (folder, hub_directory(SOURCE)):
        with pytest.raises(DataError, match=r"1_Pooling/config\.json: there is no modules\.json that uses it"):
            load_encoder(directory)


def test_modules_say_which_folders_are_needed(hub, checkpoint_directory, tmp_path):
    folder = tmp_path / "modules"
    shutil.copytree(checkpoint_directory, folder / "0_CLIPModel")
    module = {"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"}
    (folder / "modules.json").write_text(json.dumps([module]))
    hub.add(NAME, folder)
    encoder = load_encoder(hub_directory(SOURCE))
    assert encoder.fingerprint == load_encoder(checkpoint_directory).fingerprint

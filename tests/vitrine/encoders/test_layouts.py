"""CLIP in the layout of sentence-transformers."""

import json
import shutil

import numpy as np
import pytest

from vitrine.encoders.layouts import open_checkpoint, source_files
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError

TEXTS = ["red striped mug", "", "Café crème 猫"]
OLDER = [{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"}]
NORMALIZE = {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}


@pytest.fixture
def older(checkpoint_directory, tmp_path):
    """A checkpoint whose model is in a folder of its own."""
    shutil.copytree(checkpoint_directory, tmp_path / "older" / "0_CLIPModel")
    (tmp_path / "older" / "modules.json").write_text(json.dumps([*OLDER, NORMALIZE]))
    return tmp_path / "older"


def test_the_model_s_folder_is_where_modules_say(older, checkpoint_directory, tmp_path):
    encoder = load_encoder(older)
    assert encoder.fingerprint == load_encoder(checkpoint_directory).fingerprint
    encoder.save(tmp_path / "saved")
    assert load_encoder(tmp_path / "saved").fingerprint == encoder.fingerprint
    names = {path.relative_to(older).as_posix() for path in source_files(older)}
    assert {"modules.json", "0_CLIPModel/config.json", "0_CLIPModel/model.safetensors"} <= names


@pytest.mark.parametrize("normalize", [True, False])
def test_a_model_saved_by_sentence_transformers_gives_its_vectors(checkpoint_directory, reference, tmp_path, normalize):
    directory = tmp_path / "saved"
    reference("clip.write_modules", source=checkpoint_directory, directory=directory, normalize=normalize)
    assert "modules.json" not in open_checkpoint(directory).files
    theirs = reference("clip.embed_by_modules", directory=directory, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(directory).encode_text(TEXTS), theirs, atol=1e-5)


def dense(directory):
    module = {"idx": 1, "name": "1", "path": "1_Dense", "type": "sentence_transformers.models.Dense"}
    (directory / "modules.json").write_text(json.dumps([*OLDER, module]))


def options(**fields):
    return lambda older: (older / "config_sentence_transformers.json").write_text(json.dumps(fields))


def test_options_that_leave_the_vectors_as_they_are_pass(older, checkpoint_directory):
    versions = {"sentence_transformers": "5.2.0"}
    options(
        __version__=versions,
        model_type="SentenceTransformer",
        prompts={"query": "", "document": ""},
        default_prompt_name=None,
        similarity_fn_name="cosine",
        truncate_dim=None,
    )(older)
    assert load_encoder(older).fingerprint == load_encoder(checkpoint_directory).fingerprint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dense, "modules.json: module 'Dense' after a model of texts and images is not supported; Normalize is"),
        (
            lambda older: (older / "config_sentence_transformers.json").write_text('{"prompts": {"query": "q: "}}'),
            "config_sentence_transformers.json: the prompt 'query' is not supported",
        ),
        (options(truncate_dim=8), "config_sentence_transformers.json: truncate_dim 8 is not supported; None is"),
        (options(later=1), "config_sentence_transformers.json: 'later' (1) is not known and may change"),
        (options(model_type="CrossEncoder"), "model_type 'CrossEncoder' is not supported; 'SentenceTransformer' is"),
        (options(prompts=["q"]), "config_sentence_transformers.json: prompts: expected an object, found list"),
        (
            lambda older: (older / "0_CLIPModel" / "sentence_bert_config.json").write_text('{"max_seq_length": 16}'),
            "sentence_bert_config.json: 'max_seq_length' (16) is not known and may change what is computed",
        ),
        (
            lambda older: (older / "sentence_bert_config.json").write_text(
                '{"modality_config": {"text": {"method": "forward"}}}'
            ),
            "sentence_bert_config.json: modality_config.text: method 'forward' is not supported",
        ),
        (
            lambda older: (older / "0_CLIPModel" / "adapter_config.json").write_text('{"peft_type": "LORA"}'),
            "0_CLIPModel/adapter_config.json: adapters are not supported; merge them",
        ),
        (lambda older: (older / "modules.json").write_text("{"), "modules.json: not a list of modules"),
    ],
)
def test_steps_that_are_not_the_model_s_are_refused(older, change, message):
    change(older)
    with pytest.raises(DataError) as raised:
        load_encoder(older)
    assert message in str(raised.value)

"""The relevance of patches against the authors' loop with PyTorch's gradients, in each family with a ViT."""

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.encoders.small_encoders import noise_images
from vitrine.encoders.images.preprocessing import normalise
from vitrine.encoders.images.relevance import patch_relevance
from vitrine.encoders.loading import load_encoder
from vitrine.saved_model.saving import save
from vitrine.saved_model.session import SavedModelSession

IMAGES = noise_images([(33, 32), (80, 60), (64, 64)])
FAMILIES = {"CLIPModel": "checkpoint_directory", "SiglipModel": "siglip_directory"}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param, request.getfixturevalue(FAMILIES[request.param])


@pytest.fixture(scope="module")
def module(family):
    return load_encoder(family[1]).module


def unit_vectors(count, dimension):
    vectors = np.random.default_rng(0).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_it_is_that_of_the_authors(family, module, reference):
    images = normalise(module.cropped(tf.constant(IMAGES)), module._sizes)
    vectors = unit_vectors(len(IMAGES), module.embed_image(tf.constant(IMAGES)).shape[1])
    shares, similarity = patch_relevance(module.vision, images, tf.constant(vectors))
    model, directory = family
    given = {"directory": str(directory), "pixels": images.numpy(), "vectors": vectors}
    theirs = reference("relevance.relevance", model=model, **given)
    np.testing.assert_allclose(shares, theirs, atol=1e-5)
    embedded = module.embed_image(tf.constant(IMAGES))
    np.testing.assert_allclose(similarity, (embedded * vectors).numpy().sum(axis=1), atol=1e-5)


def test_an_exported_graph_explains_in_a_session_as_here(module, tmp_path):
    vectors = unit_vectors(len(IMAGES), module.embed_image(tf.constant(IMAGES)).shape[1])
    here = module.explain_image(tf.constant(vectors), tf.constant(IMAGES))
    save(module, tmp_path, {"explain": module.explain_image})
    session = SavedModelSession(tmp_path)
    inputs = {"embedding": vectors, "image_bytes": np.array(IMAGES, dtype=object)}
    served = session.signature("explain").run(inputs)
    session.close()
    assert served["relevance"].shape == (3, 4, 4)
    np.testing.assert_allclose(served["relevance"], here["relevance"], atol=1e-6)
    np.testing.assert_allclose(served["relevance"].sum(axis=(1, 2)), 1, atol=1e-5)
    assert (served["relevance"] >= 0).all()


def test_an_image_has_the_same_map_in_any_batch(module):
    vectors = unit_vectors(len(IMAGES), module.embed_image(tf.constant(IMAGES)).shape[1])
    together = module.explain_image(tf.constant(vectors), tf.constant(IMAGES))["relevance"]
    alone = module.explain_image(tf.constant(vectors[1:2]), tf.constant(IMAGES[1:2]))["relevance"]
    np.testing.assert_allclose(alone[0], together[1], atol=1e-5)
    empty = module.explain_image(tf.zeros([0, vectors.shape[1]]), tf.zeros([0], tf.string))["relevance"]
    assert empty.shape == (0, 4, 4)

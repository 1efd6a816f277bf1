"""Tuning on judgements, alone and after products."""

import itertools
from typing import Any

import numpy as np
import pytest

from tests.vitrine.tuning.image_text.shop import FIELDS
from vitrine.encoders.image_text_families import image_text_encoder
from vitrine.encoders.training_settings import CombinedTuningSettings, JudgementTuningSettings
from vitrine.tuning.batches import Batch
from vitrine.tuning.image_text.fit import tune
from vitrine.tuning.image_text.judged_images import DocumentImages, HeldOutImages, document_images
from vitrine.tuning.image_text.judgement_tuner import JudgementTuner, with_images
from vitrine.tuning.image_text.splits import split
from vitrine.tuning.image_text.validation import MRR
from vitrine.tuning.judged_texts import JudgedTexts
from vitrine.tuning.validation import NDCG

QUICK = {"batch_size": 16, "learning_rate": 3e-3, "train_words": True, "checkpoint_steps": 2}
NOTHING = np.empty(0, np.int64)


def both(**changes: Any) -> CombinedTuningSettings:
    contrastive = {**QUICK, "epochs": 6, "validation_share": 0.4, "short_views": 0.3}
    return CombinedTuningSettings(
        contrastive={**contrastive, **changes}, judgements={**QUICK, "epochs": 3, "validation_share": 0.3, **changes}
    )


@pytest.fixture(scope="module")
def images(judged, catalogue, products) -> DocumentImages:
    return document_images(judged, catalogue, FIELDS, products, NOTHING)


@pytest.fixture(scope="module")
def run(catalogue, image_root, judged):
    """A function that tunes an encoder."""

    def tuned(source, settings, states, on_epoch=lambda *_: None):
        return tune(source, settings, catalogue, FIELDS, image_root, judged, "float32", str(states), on_epoch)

    return tuned


def test_a_siglip_learns_from_judgements(run, siglip, tmp_path):
    settings = JudgementTuningSettings(**QUICK, epochs=6, validation_share=0.3)
    outcome = run(siglip, settings, tmp_path)
    assert outcome.is_better
    assert outcome.further is None
    assert outcome.tuned[NDCG].mean() > outcome.baseline[NDCG].mean() + 0.1
    assert list(tmp_path.iterdir()) == []


def test_products_come_before_judgements_and_both_decide(run, clip, tmp_path):
    epochs: list[tuple[int, set[str]]] = []
    outcome = run(clip, both(), tmp_path, lambda epoch, metrics: epochs.append((epoch, set(metrics))))
    assert outcome.is_better
    assert outcome.metric == NDCG
    assert outcome.further.metric == MRR
    assert outcome.further.tuned[MRR].mean() > outcome.further.baseline[MRR].mean()
    assert [epoch for epoch, _ in epochs] == [*range(7), *range(6, 10)]
    assert [NDCG in metrics for _, metrics in epochs] == [False] * 7 + [True] * 4


def test_a_tuning_that_is_killed_in_its_second_stage_goes_on_to_the_same_end(run, clip, tmp_path, monkeypatch):
    settings = both(epochs=1, dropout=0.1)
    whole = run(clip, settings, tmp_path / "whole")
    step, left = JudgementTuner.step, itertools.count()

    def killed(self, batch):
        if next(left) == 3:  # saved after two
            raise KeyboardInterrupt
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(JudgementTuner, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            run(clip, settings, tmp_path / "killed")
    epochs: list[int] = []
    again = run(clip, settings, tmp_path / "killed", lambda epoch, _: epochs.append(epoch))
    assert epochs == [2]
    assert (again.epoch, again.share) == (whole.epoch, whole.share)
    for name, value in whole.checkpoint.tensors.items():
        np.testing.assert_allclose(again.checkpoint.tensors[name], value, atol=1e-4, err_msg=name)


def test_images_of_held_out_products_are_not_trained_on(judged, catalogue, products):
    parts = split(products, 0.4)
    hidden = np.concatenate([parts.choosing, parts.deciding])
    kept = document_images(judged, catalogue, FIELDS, products, hidden)
    used = np.concatenate(kept.images)
    assert len(used)
    assert not np.intersect1d(used, np.concatenate([products.images[row] for row in hidden])).size


def test_an_image_has_its_documents_share_of_the_gains(images):
    documents = list(images.row)[:3]
    without = DocumentImages(images.row, [NOTHING, *images.images[1:]], images.pixels)
    target = np.array([[0.5, 0.25, 0.25], [1, 0, 0]], np.float32)
    batches = with_images(lambda _: iter([Batch(["a", "b"], documents, target)]), without, 0)
    (drawn,) = batches(0)
    assert [int(image) in own for image, own in zip(drawn.images, images.images[1:3], strict=True)] == [True, True]
    assert drawn.image_target.tolist() == [[0.5, 0.5], [0, 0]]


def test_documents_without_any_image_still_make_a_batch(images, clip, judged):
    none = DocumentImages(images.row, [NOTHING] * len(images.images), images.pixels)
    texts = list(images.row)[:2]
    (drawn,) = with_images(lambda _: iter([Batch(["a"], texts, np.eye(1, 2, dtype=np.float32))]), none, 0)(0)
    encoder = image_text_encoder(clip, trainable=True)
    tuner = JudgementTuner(encoder, images.pixels, JudgementTuningSettings(warmup_share=0), 10, 4.0)
    before = encoder.module.vision.levels()[0][0].numpy()
    assert np.isfinite(tuner.step(drawn))
    after = encoder.module.vision.levels()[0][0].numpy()
    assert np.abs(after - before).max() < 1e-4  # weight decay only


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_gradients_are_equal_in_chunks_and_in_the_whole(family, images, judged, request):
    source = request.getfixturevalue(family)
    texts = list(images.row)[:14]
    target = np.random.default_rng(0).dirichlet(np.ones(14), 6).astype(np.float32)
    (drawn,) = with_images(lambda _: iter([Batch(judged.queries[:6], texts, target)]), images, 0)(0)
    found = []
    for chunk in (None, 4):
        encoder = image_text_encoder(source, trainable=True)
        settings = JudgementTuningSettings(train_words=True, chunk=chunk)
        tuner = JudgementTuner(encoder, images.pixels, settings, 10, 3.0)
        tuner.step(drawn)
        found.append([moment.numpy() for moment in tuner._optimizer._first])
    for whole, chunked in zip(*found, strict=True):
        np.testing.assert_allclose(chunked, whole, atol=1e-6 + 1e-3 * np.abs(whole).max())


def test_a_search_by_text_and_image_is_the_mean_of_both_standardised(judged: JudgedTexts, images, clip):
    encoder = image_text_encoder(clip)
    rows = np.arange(len(judged.documents))
    some = [own if row % 2 else NOTHING for row, own in enumerate(images.images)]
    held_out = HeldOutImages(judged, np.arange(9), rows, DocumentImages(images.row, some, images.pixels))
    queries = encoder.encode_text(judged.queries[:9])
    found = queries @ held_out._documents(encoder, queries).T
    texts = queries @ encoder.encode_document(judged.texts(rows)).T
    main = np.array([images.images[row][0] for row in rows if row % 2])
    pictured = queries @ encoder.encode_pixels(images.pixels[main]).T

    def standardised(similarity: np.ndarray) -> np.ndarray:
        centred = similarity - similarity.mean(axis=1, keepdims=True)
        return centred / centred.std()

    expected = standardised(texts)
    expected[:, 1::2] = (expected[:, 1::2] + standardised(pictured)) / 2
    np.testing.assert_allclose(found, expected, atol=1e-2)
    assert set(held_out.measure(encoder)) >= {NDCG}

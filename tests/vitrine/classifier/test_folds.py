import numpy as np
import pytest

from vitrine.classifier.feature_names import LEXICAL
from vitrine.classifier.folds import Fold, batches, open_folds, read_chunks, with_vectors
from vitrine.data import columns
from vitrine.data.contract.splits import is_validation
from vitrine.errors import DataError


def _labels_and_first_feature(fold: Fold) -> tuple[np.ndarray, np.ndarray]:
    chunks = list(read_chunks(fold))
    return (
        np.concatenate([label.numpy() for _, label in chunks]),
        np.concatenate([inputs[LEXICAL].numpy()[:, 0] for inputs, _ in chunks]),
    )


def test_folds_hold_the_queries_of_their_own(write_pairs) -> None:
    fitting, validation = open_folds(*write_pairs(queries=40), validation_share=0.3)
    assert not set(fitting.queries) & set(validation.queries)
    assert len(fitting.queries) + len(validation.queries) == 40
    assert all(is_validation(query.decode(), 0.3) for query in validation.queries)


def test_reading_a_fold_gives_its_pairs_in_file_order(write_pairs) -> None:
    for fold in open_folds(*write_pairs(queries=40), validation_share=0.3):
        label, feature = _labels_and_first_feature(fold)
        assert label.tolist() == fold.labels.tolist()
        np.testing.assert_allclose(feature, label - 1.5)


def test_vectors_have_the_length_of_the_data(write_pairs) -> None:
    fitting, _ = open_folds(*write_pairs())
    assert fitting.dimension == 8
    ((inputs, _),) = with_vectors(fitting, read_chunks(fitting))
    assert inputs[columns.IMAGE_VECTOR].shape == (160, 8)


def test_a_pair_has_the_vectors_of_its_rows(write_pairs) -> None:
    patterns, spec, vectors = write_pairs()
    fitting, _ = open_folds(patterns, spec, vectors)
    for inputs, _, _ in batches(fitting, np.ones(4, np.float32), 64):
        assert not set(inputs) & {columns.QUERY_ROW, columns.PRODUCT_ROW}
    rows = np.arange(160)
    ((inputs, _),) = with_vectors(fitting, read_chunks(fitting))
    np.testing.assert_array_equal(inputs[columns.QUERY_VECTOR], vectors.queries.vectors["query_vector"][rows // 8])
    np.testing.assert_array_equal(inputs[columns.TEXT_VECTOR], vectors.products.vectors["text_vector"])
    np.testing.assert_array_equal(inputs[columns.IMAGE_VECTOR], vectors.products.vectors["image_vector"])


def test_without_a_share_nothing_is_held_out(write_pairs) -> None:
    fitting, validation = open_folds(*write_pairs())
    assert (len(fitting.labels), len(validation.labels)) == (160, 0)


def test_batches_hold_every_pair_once_in_a_new_order_each_pass(write_pairs) -> None:
    fitting, _ = open_folds(*write_pairs())
    data = batches(fitting, np.ones(4, np.float32), 64, seed=3, cache_megabytes=1)
    passes = [np.concatenate([inputs[LEXICAL].numpy() for inputs, _, _ in data]) for _ in range(2)]
    assert [len(inputs[LEXICAL]) for inputs, _, _ in data] == [64, 64, 32]
    assert not np.array_equal(*passes)
    np.testing.assert_array_equal(*(np.sort(rows, axis=0) for rows in passes))


def test_the_seed_decides_the_order(write_pairs) -> None:
    fitting, _ = open_folds(*write_pairs())
    first, second = (
        [label.numpy().tolist() for _, label, _ in batches(fitting, np.ones(4, np.float32), 64, seed=3)]
        for _ in range(2)
    )
    assert first == second


def test_a_pair_weighs_as_its_class(write_pairs) -> None:
    fitting, _ = open_folds(*write_pairs())
    for _, label, weight in batches(fitting, np.array([1, 2, 3, 4], np.float32), 64):
        np.testing.assert_array_equal(weight, 1 + label.numpy().argmax(1))


def test_a_judgement_that_counts_less_weighs_less(write_pairs) -> None:
    fitting, _ = open_folds(*write_pairs(weight=0.25))
    for inputs, label, weight in batches(fitting, np.array([1, 2, 3, 4], np.float32), 64):
        np.testing.assert_array_equal(weight, 0.25 * (1 + label.numpy().argmax(1)))
        assert columns.WEIGHT not in inputs


def test_no_examples_is_an_error_for_people(write_pairs) -> None:
    with pytest.raises(DataError, match="is the judgements split empty"):
        open_folds(*write_pairs(queries=0))


def test_holding_everything_out_is_an_error_for_people(write_pairs) -> None:
    with pytest.raises(DataError, match="all of the 1 queries are held out"):
        open_folds(*write_pairs(queries=1), validation_share=1.0)

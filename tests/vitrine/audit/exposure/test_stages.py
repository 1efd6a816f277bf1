from dataclasses import replace

import pytest

from vitrine.audit.exposure.stages import CLASSIFIER, SERVED, VECTORS, stage_lists
from vitrine.audit.labels.pairs import classify
from vitrine.audit.settings import AuditSettings
from vitrine.audit.space.vectors import read_space
from vitrine.search.exported_model import ExportedModel


def test_a_model_shows_the_lists_before_the_last_stage(target, serving, data):
    texts = ["red mug", "blue shoe"]
    lists = stage_lists(target, serving / "product_search" / "1", texts)
    assert list(lists) == [VECTORS, CLASSIFIER, SERVED]
    ids = set(data.products["product_id"].to_pylist())
    for stage in lists.values():
        assert len(stage) == len(texts)
        assert all(set(products) <= ids for products in stage)


def test_judged_pairs_are_classified_by_a_model(serving, data):
    judged = data.queries(100, 0)
    with ExportedModel(serving / "product_search" / "1") as model:
        pairs = classify(model, judged)
    assert pairs.true.tolist() == [3] * len(judged.judged.gain)
    assert pairs.esci.sum(axis=1).tolist() == pytest.approx([1] * len(pairs.true))


def test_the_space_of_a_model_has_products_queries_and_gibberish(serving, data):
    space = read_space(replace(data, model=serving / "product_search" / "1"), AuditSettings())
    assert space is not None
    assert len(space.ids) == len(space.titles) == len(space.products)
    assert len(space.queries) == len(space.query_vectors) == len(space.query_categories)
    assert len(space.gibberish) == 200

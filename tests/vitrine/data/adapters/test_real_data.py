"""The adapters on the published datasets, where they are available."""

import os
from pathlib import Path

import pytest

from vitrine.data.columns import SPLITS
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.data.contract.splits import is_eval
from vitrine.data.images.decoding import decode_image
from vitrine.data.images.image_root import resolve_image
from vitrine.data.prepare import prepare

ROOT = os.environ.get("VITRINE_REAL_DATA")
pytestmark = pytest.mark.skipif(not ROOT, reason="VITRINE_REAL_DATA does not name the folder of real datasets")


@pytest.fixture(scope="module", params=["crowdflower", "eshop", "grocery"])
def prepared(request, tmp_path_factory):
    output = tmp_path_factory.mktemp("data") / request.param
    return request.param, prepare(request.param, Path(ROOT or "") / request.param, output), output


PRODUCTS = {"crowdflower": (8_414, 8_414, 0), "eshop": (101, 101, 101), "grocery": (1_053, 733, 1_053)}
JUDGEMENTS = {"crowdflower": 8_493, "eshop": 12_257, "grocery": 18_468}
QUERIES = {"crowdflower": 220, "eshop": 364, "grocery": 251}


def test_the_counts_are_those_of_the_dataset(prepared):
    name, result, _ = prepared
    summary = result.summary
    assert (summary.products, summary.with_text, summary.with_image) == PRODUCTS[name]
    assert sum(summary.judgements.values()) == JUDGEMENTS[name]
    assert sum(summary.queries.values()) == QUERIES[name]
    assert result.rejected == 0


def test_about_a_fifth_of_the_queries_is_held_out(prepared):
    _, result, output = prepared
    assert 0.14 < result.summary.queries["eval"] / sum(result.summary.queries.values()) < 0.26
    for split in SPLITS:
        queries = read_judgements(output, split)["query"].unique().to_pylist()
        assert {is_eval(query) for query in queries} == {split == "eval"}


def test_every_label_occurs_in_both_splits(prepared):
    _, result, _ = prepared
    assert all(count > 0 for labels in result.summary.labels.values() for count in labels.values())


def test_every_image_is_there_and_decodes(prepared):
    name, result, output = prepared
    assert result.images["copied"] == PRODUCTS[name][2]
    images = [image for image in read_catalogue(output)["image"].to_pylist() if image]
    for image in images[::7]:
        assert min(decode_image(resolve_image(image, output / "images").read_bytes()).size) >= 100


def test_texts_hold_no_markup(prepared):
    _, _, output = prepared
    products = read_catalogue(output)
    for text in products["title"].to_pylist() + products["description"].to_pylist():
        assert "</" not in text.replace("</ ", "")
        assert "&nbsp;" not in text
        assert "{" not in text
        assert text == " ".join(text.split())

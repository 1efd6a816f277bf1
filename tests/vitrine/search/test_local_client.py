import io
import shutil

import pytest
from PIL import Image

from tests.vitrine.search.shop import COLOURS, HashingEncoder, image_bytes
from vitrine.data.images.decoding import UndecodableImage
from vitrine.errors import DataError, VitrineError
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.index_files import write_index
from vitrine.search.local_client import SearchClient, find_serving, newest_version
from vitrine.search.products import Products
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module")
def serving(products, sides, encoder, classifier_dir, tmp_path_factory):
    root = tmp_path_factory.mktemp("serving")
    model = build_search_model(products, *sides, encoder, classifier_dir, SearchSettings(top_k=6))
    export_search_model(model, root / "product_search" / "3")
    write_index(root / "index" / "3", Products.of(products, *sides), model.weights, SearchSettings(), "f" * 64)
    (root / "product_search" / "12.tmp").mkdir()  # a push that is not finished
    return root


@pytest.fixture(scope="module")
def client(serving):
    return SearchClient(serving)


def test_words_find_products_with_titles_scores_and_labels(client):
    (hits,) = client.search(["red mug"], k=3)
    assert len(hits) == 3
    assert (hits[0].product_id, hits[0].title, hits[0].label) == ("red-mug", "red mug", "E")
    assert hits[0].score >= hits[1].score >= hits[2].score
    assert sum(hits[0].esci.values()) == pytest.approx(1, abs=1e-5)
    assert list(hits[0].to_dict()) == ["product_id", "title", "score", "label", "esci"]


def test_many_queries_are_answered_in_order(client):
    queries = [f"{colour} {thing}" for thing in ("mug", "shoe", "lamp", "shirt") for colour in COLOURS] * 3
    answers = client.search(queries, k=1)
    assert [hits[0].title for hits in answers] == queries
    assert client.search([]) == []


def test_k_beyond_the_model_gives_what_it_has(client):
    assert len(client.search(["mug"], k=100)[0]) == 6
    assert len(client.search(["mug"])[0]) == 6


def test_diversity_keeps_the_best_and_brings_others_forward(client):
    query, photos = ["red mug"], [image_bytes("red")]
    assert client.search(query, diversity=0.0) == client.search(query)
    assert client.search_image(photos, diversity=0.0) == client.search_image(photos)
    for plain, diverse in (
        (client.search(query), client.search(query, diversity=0.7)),
        (client.search_image(photos), client.search_image(photos, diversity=0.7)),
    ):
        assert len({hit.product_id for hit in diverse[0]}) == 6
        assert diverse[0][0].score == plain[0][0].score
        assert {hit.product_id for hit in diverse[0]} != {hit.product_id for hit in plain[0]}
    assert client.search(query, k=3, diversity=0.7)[0] == client.search(query, diversity=0.7)[0][:3]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_an_image_of_any_allowed_format_finds_its_products(client, kind):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), COLOURS["blue"]).save(buffer, kind)
    (hits,) = client.search_image([buffer.getvalue()], k=4)
    assert all(hit.product_id.startswith("blue-") for hit in hits)


def test_an_undecodable_image_is_named_by_its_position(client):
    with pytest.raises(UndecodableImage, match="image 2: not a JPEG"):
        client.search_image([image_bytes("red"), b"no image"])


def test_scores_of_pairs_are_those_of_the_search(client):
    (hits,) = client.search(["green lamp"])
    scores = client.model.score(["green lamp"] * 6, [hit.product_id for hit in hits])
    assert scores == pytest.approx([hit.score for hit in hits], abs=1e-6)
    esci = client.model.classify(["green lamp"] * 6, [hit.product_id for hit in hits])
    assert esci[0].tolist() == pytest.approx(list(hits[0].esci.values()), abs=1e-6)
    assert client.model.score([], []).shape == (0,)


def test_the_newest_version_is_loaded_unless_another_is_requested(serving, tmp_path):
    copied = tmp_path / "serving"
    shutil.copytree(serving, copied)
    shutil.copytree(copied / "product_search" / "3", copied / "product_search" / "11")
    assert newest_version(copied) == 11
    assert SearchClient(copied).version == 11  # titles come from the only index there is
    assert SearchClient(copied, version=3).version == 3
    with pytest.raises(DataError, match=r"pushed are 3, 11"):
        SearchClient(copied, version=5)


def test_a_directory_without_a_model_says_what_is_missing(tmp_path):
    with pytest.raises(DataError, match="no such directory"):
        SearchClient(tmp_path / "absent")
    with pytest.raises(DataError, match="no version of product_search was pushed"):
        SearchClient(tmp_path)


def test_a_directory_that_is_another_model_is_refused(serving, classifier_dir, tmp_path):
    shutil.copytree(serving / "index", tmp_path / "index")
    shutil.copytree(classifier_dir, tmp_path / "product_search" / "1")
    with pytest.raises(DataError, match="no search model; its signatures are classify"):
        SearchClient(tmp_path)


def test_a_damaged_model_is_named(serving, tmp_path):
    shutil.copytree(serving / "index", tmp_path / "index")
    (tmp_path / "product_search" / "1").mkdir(parents=True)
    (tmp_path / "product_search" / "1" / "saved_model.pb").write_bytes(b"damaged")
    with pytest.raises(DataError, match="no model that can be served"):
        SearchClient(tmp_path)


def test_a_model_with_a_text_encoder_refuses_images(products, sides, classifier_dir, tmp_path):
    text, _, has_text, has_image = sides
    model = build_search_model(
        products, text, 0 * text, has_text, 0 * has_image, HashingEncoder(images=False), classifier_dir
    )
    export_search_model(model, tmp_path / "product_search" / "1")
    write_index(tmp_path / "index" / "1", Products.of(products, *sides), model.weights, SearchSettings(), "f" * 64)
    with pytest.raises(DataError, match="cannot search by image"):
        SearchClient(tmp_path).search_image([image_bytes("red")])


def test_the_only_pushed_run_is_found(tmp_path):
    with pytest.raises(VitrineError, match="nothing was pushed"):
        find_serving(tmp_path)

    def push(run, version, file="saved_model.pb"):
        directory = tmp_path / run / "serving" / "product_search" / version
        directory.mkdir(parents=True)
        (directory / file).touch()

    push("sample", "1")
    push("refused", ".1.incomplete")
    push("killed", "1", file="saved_model.pb.partial")
    assert find_serving(tmp_path) == tmp_path / "sample" / "serving"
    push("esci", "1")
    with pytest.raises(VitrineError, match=r"several runs.*esci.*sample"):
        find_serving(tmp_path)

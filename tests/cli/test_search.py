import json
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.vitrine.search import shop
from tests.vitrine.search.shop_images import noise_bytes, shop_detector
from tests.waiting import HANG_SECONDS
from vitrine.errors import VitrineError
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.index_files import write_index
from vitrine.search.products import Products
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs") / "sample" / "serving"
    encoder, products = shop.HashingEncoder(), shop.catalogue()
    sides = shop.sides(encoder)
    classifier = shop.save_classifier(tmp_path_factory.mktemp("classifier"))
    model = build_search_model(products, *sides, encoder, classifier, SearchSettings(top_k=6))
    export_search_model(model, root / "product_search" / "1")
    write_index(root / "index" / "1", Products.of(products, *sides), model.weights, SearchSettings(), "f" * 64)
    return root


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(shop.image_bytes("red"))
    return path


def search(*arguments, standard_input=None):
    words = ["search", *map(str, arguments)]
    return CliRunner().invoke(cli, words, input=standard_input, catch_exceptions=False)


def refusal(*arguments) -> str:
    with pytest.raises(VitrineError) as caught:
        search(*arguments)
    return str(caught.value)


def test_the_table_has_title_product_score_and_label(serving):
    result = search("red striped mug", "--serving", serving, "-k", 2)
    assert result.exit_code == 0
    first = next(line for line in result.output.splitlines() if "red-mug" in line)
    assert "red mug" in first
    assert "exact" in first
    assert result.output.count("%") == 2


def test_json_is_an_array_for_programs(serving):
    hits = json.loads(search("red mug", "--serving", serving, "--json", "-k", 3).stdout)
    assert hits[0]["product_id"] == "red-mug"
    assert len(hits) == 3
    assert set(hits[0]) == {"product_id", "title", "score", "label", "esci"}
    assert list(hits[0]["esci"]) == ["I", "C", "S", "E"]


def test_an_image_is_a_query(serving, photo):
    hits = json.loads(search("--image", photo, "--serving", serving, "--json", "-k", 4).stdout)
    assert all(hit["product_id"].startswith("red-") for hit in hits)


def test_diversity_changes_the_order(serving, photo):
    for query in (["red mug"], ["--image", photo]):
        plain, same, diverse = (
            json.loads(search(*query, "--serving", serving, "--json", *more).stdout)
            for more in ([], ["--diversity", 0], ["--diversity", 0.8])
        )
        assert plain == same != diverse
    assert search("red mug", "--serving", serving, "--diversity", 2).exit_code == 2


def test_standard_input_has_a_query_a_line(serving):
    queries = "red mug\n\n  blue shoe \n"
    lines = search("-", "--serving", serving, "--json", "-k", 3, standard_input=queries).stdout.splitlines()
    alone = [
        json.loads(search(query, "--serving", serving, "--json", "-k", 3).stdout) for query in ("red mug", "blue shoe")
    ]
    assert [[hit["product_id"] for hit in json.loads(line)] for line in lines] == [
        [hit["product_id"] for hit in hits] for hits in alone
    ]
    tables = search("-", "--serving", serving, "-k", 3, standard_input=queries).output
    assert tables.index("red mug  (version 1)") < tables.index("blue shoe  (version 1)")


def test_standard_input_without_a_query_is_one_line(serving):
    with pytest.raises(VitrineError, match="standard input holds no query; give one per line"):
        search("-", "--serving", serving, standard_input=" \n")


def test_words_need_no_quotes(serving):
    quoted = search("blue shoe", "--serving", serving, "--json").stdout
    assert search("blue", "shoe", "--serving", serving, "--json").stdout == quoted


def test_asking_for_more_than_the_model_answers_is_said(serving):
    result = search("mug", "--serving", serving, "-k", 50)
    assert "6 results; this model was built to return no more" in result.stderr


def test_the_only_run_is_the_default(serving, monkeypatch):
    monkeypatch.chdir(serving.parents[2])
    (serving.parents[2] / "runs").symlink_to(serving.parents[1])
    assert json.loads(search("red mug", "--json").stdout)[0]["product_id"] == "red-mug"


def test_invalid_queries_are_one_line_errors(serving, photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not an image")
    assert "give a QUERY" in refusal("--serving", serving)
    assert "query is empty" in refusal("  ", "--serving", serving)
    assert "not both" in refusal("mug", "--image", photo, "--serving", serving)
    assert "No such file" in refusal("--image", tmp_path / "absent.png", "--serving", serving)
    assert refusal("--image", broken, "--serving", serving).startswith(f"{broken}: not a JPEG")
    assert "no such directory" in refusal("mug", "--serving", tmp_path / "absent")
    assert "no version of product_search was pushed" in refusal("mug", "--serving", tmp_path)
    assert "pushed are 1" in refusal("mug", "--serving", serving, "--version", 7)


def test_only_the_answer_reaches_the_terminal(serving):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from cli.main import main; main()",
            "search",
            "red mug",
            "--serving",
            serving,
            "--json",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANG_SECONDS,
    )
    assert json.loads(done.stdout)[0]["product_id"] == "red-mug"
    assert done.stderr == ""


def test_an_image_without_a_product_is_searched_on_request_only(serving, tmp_path):
    strict = tmp_path / "serving"
    shutil.copytree(serving, strict)
    shop_detector().write(strict / "index" / "1")
    noise = tmp_path / "noise.png"
    noise.write_bytes(noise_bytes())
    refused = search("--image", noise, "--serving", strict, "--json")
    assert json.loads(refused.stdout) == []
    assert "no product looks like this image" in refused.stderr
    assert search("--image", noise, "--serving", strict).stdout == ""
    assert len(json.loads(search("--image", noise, "--serving", strict, "--json", "--anyway").stdout)) == 6

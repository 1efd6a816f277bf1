import json

import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.vitrine.gateway.conftest import push_shop
from vitrine.errors import VitrineError


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    return push_shop(tmp_path_factory.mktemp("shop"), {})


def explain(*arguments):
    return CliRunner().invoke(cli, ["explain", *map(str, arguments)], catch_exceptions=False)


def test_the_table_has_every_stage_and_what_would_have_to_change(serving):
    result = explain("red mug", "blue-mug", "--serving", serving)
    assert result.exit_code == 0
    for word in ("text", "image", "similarity", "candidate", "classifier", "score", "Decided by", "To be the first"):
        assert word in result.stdout


def test_json_is_the_decision(serving):
    decision = json.loads(explain("red mug", "red-mug", "--serving", serving, "--json").stdout)
    assert decision["product"]["rank"] == 1
    assert decision["changes"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((" ", "red-mug"), "the query is empty"),
        (("red mug", "nope"), "has no product 'nope'"),
        (("x" * 1001, "red-mug"), "the longest may have 1000"),
        (("red mug", "red-mug", "--version", "7"), "7"),
    ],
)
def test_bad_input_is_one_line(serving, arguments, message):
    with pytest.raises(VitrineError, match=message):
        explain(*arguments, "--serving", serving)


def test_a_model_without_the_signature_says_what_to_do(serving, tmp_path):
    with pytest.raises(VitrineError, match="no such directory"):
        explain("red mug", "red-mug", "--serving", tmp_path / "none")

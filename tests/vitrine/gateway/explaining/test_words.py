"""Tests of words' shares through a gateway: they add up, and have the signs that a shopper expects."""

import httpx
import numpy as np
import pytest

from vitrine.gateway.explaining.words import PLAYERS, players_of
from vitrine.search.confidence import log_odds
from vitrine.search.exported_model import ExportedModel


def explained(client: httpx.Client, **body) -> list[dict]:
    answer = client.post("/predict", json={"explain": True, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def test_shares_add_up_to_the_log_odds_of_the_score_less_those_without_words(client, pushed):
    model = ExportedModel(pushed / "product_search" / "1")
    for result in explained(client, query="red mug", k=5):
        shares = result["why"]["shares"]
        assert [each["word"] for each in shares] == ["red", "mug"]
        empty = model.score([""], [result["product_id"]])[0]
        difference = log_odds(result["score"]) - log_odds(empty)
        assert sum(each["share"] for each in shares) == pytest.approx(float(difference), abs=1e-3)


def test_a_word_that_the_product_lacks_speaks_against_it(client):
    by_id = {result["product_id"]: result["why"]["shares"] for result in explained(client, query="red mug", k=20)}
    red, mug = (each["share"] for each in by_id["red-mug"])
    assert red > 0 < mug
    assert by_id["blue-mug"][0]["share"] < 0 < by_id["blue-mug"][1]["share"]


def test_shares_are_those_of_the_words_that_were_searched_for(client):
    (result, *_) = explained(client, query="red mug under 100", k=1)
    assert [each["word"] for each in result["why"]["shares"]] == ["red", "mug"]


def test_nothing_is_explained_unless_it_is_asked_for(client):
    result = client.post("/predict", json={"query": "red mug"}).json()["results"][0]
    assert result["why"]["shares"] is None


def test_many_results_are_refused(client):
    answer = client.post("/predict", json={"query": "red mug", "explain": True, "k": 25})
    assert answer.status_code == 422
    assert "with explain, k is at most 24" in answer.text


def test_a_long_query_has_bounded_players_that_keep_all_words():
    words = [f"w{place}" for place in range(100)]
    players = players_of(" ".join(words))
    assert len(players) == PLAYERS
    assert " ".join(players).split() == words


def test_a_long_query_is_explained(client):
    query = " ".join(["red", "mug", *("nice",) * 10])
    (result, *_) = explained(client, query=query, k=1, rewrite=False, anyway=True)
    assert len(result["why"]["shares"]) == 12
    assert np.isfinite([each["share"] for each in result["why"]["shares"]]).all()

import time

from vitrine.rewriting.answers import Answers
from vitrine.rewriting.settings import CacheSettings


def test_the_least_recently_used_answer_is_forgotten_first():
    answers = Answers(CacheSettings(entries=2))
    answers.put("a", "1")
    answers.put("b", "2")
    assert answers.get("a") == "1"
    answers.put("c", "3")
    assert [answers.get(query) for query in "abc"] == ["1", None, "3"]


def test_an_answer_is_forgotten_after_its_time():
    answers = Answers(CacheSettings(seconds=1))
    answers.put("a", "1")
    assert answers.get("a") == "1"
    time.sleep(1.1)
    assert answers.get("a") is None
    answers.put("a", "2")
    assert answers.get("a") == "2"

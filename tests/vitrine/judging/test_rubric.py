import json

import pytest

from vitrine.judging.rubric import JUDGE, labels_in, question
from vitrine.labels import NAMES
from vitrine.language_models.formats import MalformedError


def answer(*labels: tuple[object, object], **others: object) -> str:
    return json.dumps({"labels": [{"number": number, "label": label} for number, label in labels]} | others)


def test_the_rubric_defines_every_label():
    for label, name in NAMES.items():
        assert f"\n{label} ({name}): " in JUDGE.instructions


def test_products_are_numbered_from_one():
    asked = json.loads(question("red mug", [{"title": "Mug"}, {"title": "Rug", "color": "red"}]))
    assert asked == {
        "query": "red mug",
        "products": [{"number": 1, "title": "Mug"}, {"number": 2, "title": "Rug", "color": "red"}],
    }


def test_labels_are_in_the_order_of_the_products():
    assert labels_in(answer((2, "I"), (1, "E"), (3, "C")), 3) == ["E", "I", "C"]


@pytest.mark.parametrize("form", ["```json\n{}\n```", "They are: {} I hope this helps.", "For {x}:\n{} {y}", " {}\n"])
def test_text_around_the_json_is_passed_over(form):
    assert labels_in(form.replace("{}", answer((1, "S"))), 1) == ["S"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "answer is not JSON"),
        ("E, E, I", "answer is not JSON"),
        ('{"labels": [', "answer is not JSON"),
        ("[1]", "answer has no list 'labels'"),
        ('{"labels": {"1": "E"}}', "answer has no list 'labels'"),
        (answer((1, "E")), "answer has 1 of 2 labels"),
        (answer((1, "E"), (1, "I")), "answer has number 1 twice"),
        (answer((1, "E"), (3, "I")), "answer has a number 3, where 1 to 2 were asked"),
        (answer((0, "E"), (1, "I")), "answer has a number 0, where 1 to 2 were asked"),
        (answer((True, "E"), (2, "I")), "answer has a number True, where 1 to 2 were asked"),
        (answer(("1", "E"), (2, "I")), "answer has a number '1', where 1 to 2 were asked"),
        (answer((1, "exact"), (2, "I")), "answer has a label 'exact', which is none of E, S, C, I"),
        (answer((1, ["E"]), (2, "I")), "answer has a label ['E'], which is none of E, S, C, I"),
        ('{"labels": ["E", "I"]}', "answer has a number None, where 1 to 2 were asked"),
    ],
)
def test_any_other_answer_is_refused_with_the_reason(text, reason):
    with pytest.raises(MalformedError) as caught:
        labels_in(text, 2)
    assert str(caught.value) == reason

from vitrine.labels import CLASS_IDS, GAINS, LABELS, NAMES


def test_class_ids_grow_with_the_gain() -> None:
    assert CLASS_IDS == {"I": 0, "C": 1, "S": 2, "E": 3}
    assert [LABELS[CLASS_IDS[label]] for label in LABELS] == list(LABELS)
    assert list(GAINS) == sorted(GAINS)


def test_gains_are_those_of_the_shopping_queries_dataset() -> None:
    assert {label: GAINS[CLASS_IDS[label]] for label in "ESCI"} == {"E": 1.0, "S": 0.1, "C": 0.01, "I": 0.0}


def test_every_label_has_a_name() -> None:
    assert NAMES == {"E": "exact", "S": "substitute", "C": "complement", "I": "irrelevant"}

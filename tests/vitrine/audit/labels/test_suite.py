import pandas as pd
import pyarrow as pa

from tests.vitrine.audit.small_shop import Shop, data, judgements
from vitrine.audit.labels.suite import audit
from vitrine.audit.settings import AuditSettings

SETTINGS = AuditSettings()


def rows(section, name):
    return {row[0]: row for table in section.tables if table.title == f"Errors by {name}" for row in table.rows}


def test_behind_an_address_the_judged_results_are_measured():
    section = audit(Shop(), data(), SETTINGS)
    figures = {figure.key: figure for figure in section.figures}
    assert figures["labels.all.macro_f1"].value == 1
    assert figures["labels.all.macro_f1"].n == 80
    assert "among the first results" in section.reading


def test_groups_of_people_are_those_that_queries_name():
    asked = [f"mug {number} for women" for number in range(5)] + [f"mug {number}" for number in range(5)]
    people = rows(audit(Shop(), data(held_out=judgements(asked)), SETTINGS), "people")
    assert set(people) == {"all pairs", "gender: women", "age: adults", "no group"}


def test_wrong_labels_of_one_category_are_flagged():
    wrong = judgements(["scarf", "red scarf", "blue scarf", "green scarf"], first=50).to_pandas()
    wrong["esci_label"] = "I"
    right = judgements([f"mug {number}" for number in range(20)]).to_pandas()

    held_out = pa.Table.from_pandas(pd.concat([right, wrong]), preserve_index=False)
    category = rows(audit(Shop(), data(held_out=held_out), SETTINGS), "category")
    assert category["scarf"][-1] == "yes"
    assert category["mug"][-1] == ""


def test_too_few_pairs_are_not_measured():
    assert audit(Shop(), data(held_out=judgements(["mug"])), SETTINGS).skipped

import pytest

from tests.vitrine.audit.small_shop import Shop, data, judgements
from vitrine.audit.groups.suite import audit
from vitrine.audit.settings import AuditSettings

SETTINGS = AuditSettings()


@pytest.fixture(scope="module")
def fair():
    """The findings on an engine that ignores groups."""
    return audit(Shop(), data(), SETTINGS)


def figures(section):
    return {figure.key: figure.value for figure in section.figures}


def rows(section, title):
    (table,) = [table for table in section.tables if table.title == title]
    return table.rows


def test_an_engine_that_ignores_groups_has_parity(fair):
    found = figures(fair)
    assert found["groups.gender.found_difference"] == 0
    assert found["groups.gender.found_ratio"] == 1
    assert found["groups.gender.overlap"] == 1
    assert not rows(fair, "Flagged groups")
    assert "No group is flagged" in fair.reading


def test_a_group_whose_queries_are_refused_is_flagged():
    section = audit(Shop(refuses=["women", "women's", "girls"]), data(), SETTINGS)
    assert figures(section)["groups.gender.found_difference"] == 1
    flagged = {(row[0], row[1], row[2]) for row in rows(section, "Flagged groups")}
    assert ("gender", "women", "found") in flagged
    assert ("gender", "women", "judged ndcg@10") in flagged
    assert not [row for row in flagged if row[0] == "holiday"]


def test_queries_that_name_a_group_are_measured_by_their_judgements(fair):
    judged = rows(fair, "Held-out queries that name a group")
    assert ["gender", "women", 2] in [row[:3] for row in judged]


def test_a_catalogue_without_categories_is_asked_for_the_nouns_of_its_queries():
    bare = data()
    columns = [name for name in bare.products.column_names if name != "category"]
    judged = judgements(["wool scarf", "scarf"], first=20)
    section = audit(Shop(), data(products=bare.products.select(columns), train=judged), SETTINGS)
    assert "last words of judged queries" in section.reading


def test_without_names_of_products_nothing_is_asked():
    assert audit(Shop(), data(products=None, held_out=None), SETTINGS).skipped

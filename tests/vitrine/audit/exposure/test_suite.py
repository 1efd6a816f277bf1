import numpy as np

from tests.vitrine.audit.small_shop import Shop, data, judgements
from vitrine.audit.exposure.stages import by_gain
from vitrine.audit.exposure.suite import audit
from vitrine.audit.settings import AuditSettings

SETTINGS = AuditSettings()


def table(section, name):
    (found,) = [table for table in section.tables if table.title == f"Attention by {name}"]
    return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.rows}


def test_a_preferred_brand_receives_more_than_it_deserves():
    section = audit(Shop(prefers="Arvelle"), data(), SETTINGS)
    brands = table(section, "brand")
    assert brands["Arvelle"]["deserved"] == 0.2
    assert brands["Arvelle"]["attention"] > 0.4
    assert brands["Arvelle"]["flagged"] == "yes"
    assert "Arvelle" in section.reading
    assert {figure.key for figure in section.figures} >= {"exposure.brand.gap", "exposure.brand.gini"}


def test_products_outside_the_train_judgements_are_new():
    known = judgements(["blanket"]).slice(0, 10)
    novelty = table(audit(Shop(), data(train=known), SETTINGS), "novelty")
    assert set(novelty) == {"new", "in train judgements"}


def test_behind_an_address_only_the_served_lists_are_known():
    section = audit(Shop(), data(), SETTINGS)
    assert "Earlier stages are not known" in section.reading


def test_without_judgements_nothing_is_deserved():
    assert audit(Shop(), data(held_out=None), SETTINGS).skipped


def test_candidates_are_ordered_by_their_expected_gain():
    esci = np.array([[0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]], np.float32)
    assert by_gain(["substitute", "exact", ""], esci) == ["exact", "substitute"]

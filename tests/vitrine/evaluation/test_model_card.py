from typing import Any

from vitrine.evaluation.model_card import NO_AUDIT, CardFacts, SliceScores, model_card, with_audit
from vitrine.evaluation.settings import CardSettings

METRICS = ("ndcg@10", "mrr", "recall@10")


def estimates(value: float) -> dict[str, dict[str, float]]:
    return {name: {"value": value, "low": value - 0.125, "high": value + 0.125} for name in METRICS}


def evaluation(**changes: Any) -> Any:
    return {
        "counts": {
            "products": 2000,
            "products_with_image": 1500,
            "queries": {"train": 450, "eval": 150},
            "judgements": {"train": 9000, "eval": 3000},
            "judged_by": {"people": 3000},
        },
        "floors": {"majority_accuracy": 0.5, "majority_macro_f1": 0.125},
        "classifier": {
            "accuracy": 0.875,
            "macro_f1": 0.75,
            "per_class": {label: {"f1": 0.625, "support": 750} for label in "ICSE"},
        },
        "ranking": {name: estimates(0.5) for name in ("random", "bm25", "similarity", "search_model")},
        "retrieval": {
            "queries": 150,
            "bm25": estimates(0.25),
            "search_model": estimates(0.375),
            "unjudged@10": {"search_model": 0.25},
        },
        "not_applied": ["the tolerance of nDCG@10: no earlier version is served"],
        **changes,
    }


FACTS = CardFacts(
    version="17",
    fingerprint="abc",
    dimension=384,
    encoder_license="apache-2.0",
    energy={"classifier": {"duration_s": 60.0, "energy_kwh": 0.00025, "emissions_kg": 0.0001}},
    slices=[SliceScores("category mug", 400, 0.5, 0.25), SliceScores("category lid", 12, 0.0, 0.0)],
)
SETTINGS = CardSettings(
    name="shop", data_source="a shop", data_license="CC-BY-4.0", encoder="hub:a/b", searches_images=True
)


def test_a_card_has_the_measured_figures():
    card = model_card(evaluation(), FACTS, SETTINGS)
    assert card.startswith("# Model card of shop, version 17\n")
    for text in (
        "2,000 products, 75% with an image",
        "| eval  | 150     | 3,000      |",
        "accuracy 0.875 and macro-F1 0.750; the majority class reaches 0.500 and 0.125",
        "| category mug | 400   | 0.500    | 0.250    |",
        "25% of the first ten results are unjudged",
        "Threshold not applied: the tolerance of nDCG@10: no earlier version is served.",
        "| classifier | 60      | 0.250       | 0.100 ",
        "* Data: CC-BY-4.0\n* Encoder: apache-2.0",
    ):
        assert text in card
    assert "category lid" not in card


def test_nothing_is_claimed_that_nobody_named_or_measured():
    facts = CardFacts("17", "abc", 384, encoder_license=None)
    card = model_card(evaluation(), facts, CardSettings(encoder="package:a"))
    assert "Source: not named (`data.source`)" in card
    assert "* Data: not named (`data.license`)\n* Encoder: not named by the checkpoint's files" in card
    assert "## Energy\n\nNot measured by this run." in card
    assert "by words in the one catalogue" in card
    assert "lowest accuracy" not in card


def test_an_encoder_that_the_run_trained_has_the_licence_of_the_data():
    assert "trained by the run" in model_card(evaluation(), FACTS, CardSettings(encoder="scratch"))


def test_the_figures_of_an_audit_replace_those_of_the_last():
    card = model_card(evaluation(), FACTS, SETTINGS)
    once = with_audit(card, "first figures")
    assert once == card.replace(NO_AUDIT, "first figures")
    assert with_audit(once, "second figures") == card.replace(NO_AUDIT, "second figures")

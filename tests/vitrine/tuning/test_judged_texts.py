import numpy as np
import pyarrow as pa

from vitrine.tuning.judged_texts import judged_texts

CATALOGUE = pa.table(
    {
        "product_id": ["a", "b", "c", "empty"],
        "title": ["red mug", "red mug", "blue lamp", ""],
        "brand": ["Acme", "Acme", "", ""],
    }
)


def judge(*rows: tuple[str, str, str]) -> pa.Table:
    queries, products, labels = zip(*rows, strict=True)
    return pa.table({"query": queries, "product_id": products, "esci_label": labels})


def test_products_of_one_text_are_one_document_with_the_best_gain():
    judged = judged_texts(judge(("mug", "a", "S"), ("mug", "b", "E"), ("mug", "c", "I")), CATALOGUE, ["title", "brand"])
    documents, gains = judged.pool(0)
    assert dict(zip(judged.texts(documents), gains.tolist(), strict=True)) == {"red mug. Acme": 1.0, "blue lamp": 0.0}


def test_products_without_a_text_are_left_out():
    judged = judged_texts(judge(("mug", "empty", "E"), ("mug", "c", "S")), CATALOGUE, ["title"])
    assert judged.texts(judged.document) == ["blue lamp"]


def test_the_pools_are_those_of_the_judgements():
    judged = judged_texts(judge(("lamp", "c", "E"), ("mug", "a", "E"), ("lamp", "a", "I")), CATALOGUE, ["title"])
    pools = {query: judged.texts(judged.pool(row)[0]) for row, query in enumerate(judged.queries)}
    assert {query: sorted(texts) for query, texts in pools.items()} == {
        "lamp": ["blue lamp", "red mug"],
        "mug": ["red mug"],
    }


def test_queries_with_a_gain_have_one_in_their_pool():
    judged = judged_texts(judge(("mug", "a", "C"), ("sofa", "c", "I")), CATALOGUE, ["title"])
    assert [judged.queries[row] for row in judged.with_gain(np.arange(2))] == ["mug"]


def test_a_judgement_that_counts_less_has_less_gain():
    table = judge(("mug", "a", "E"), ("mug", "c", "E"))
    judged = judged_texts(table.append_column("weight", pa.array([None, 0.25], pa.float32())), CATALOGUE, ["title"])
    documents, gains = judged.pool(0)
    assert dict(zip(judged.texts(documents), gains.tolist(), strict=True)) == {"red mug": 1.0, "blue lamp": 0.25}


def test_queries_that_clicks_alone_judged_measure_nothing_where_people_judged_others():
    table = judge(("mug", "a", "E"), ("mug", "c", "I"), ("lamp", "c", "E"))

    def only_fitted(*sources: str) -> list[str]:
        judged = judged_texts(table.append_column("source", pa.array(sources)), CATALOGUE, ["title"])
        return [judged.queries[row] for row in judged.only_fitted]

    assert only_fitted("web", "clicks", "clicks") == ["lamp"]
    assert only_fitted("clicks", "clicks", "clicks") == []
    assert only_fitted("web", "web", "web") == []

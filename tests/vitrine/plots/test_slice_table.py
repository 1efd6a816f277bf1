from vitrine.plots.slice_table import slice_table


def measured(pairs: int, **metrics: dict[str, float]) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    return {
        "probabilities": {"": {"example_count": {"doubleValue": pairs}} | metrics},
        "expected_gain": {"topK:10": {"ndcg": {"doubleValue": 0.5}}},
    }


def test_slices_come_with_their_size_the_whole_first_and_zeros_that_the_proto_leaves_out() -> None:
    table = slice_table(
        [
            ((("category", "mug"),), measured(7, accuracy={})),
            ((), measured(30, accuracy={"doubleValue": 0.75})),
            ((("category", "lamp"), ("has_image", "1")), measured(23, accuracy={"doubleValue": 1.0})),
        ],
        ["accuracy", "ndcg"],
    )
    assert table.index.to_list() == ["all pairs", "category lamp, has_image 1", "category mug"]
    assert table["pairs"].to_list() == [30, 23, 7]
    assert table["accuracy"].to_list() == [0.75, 1.0, 0.0]
    assert table["ndcg"].to_list() == [0.5, 0.5, 0.5]

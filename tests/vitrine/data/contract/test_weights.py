import pyarrow as pa

from vitrine.data.contract.weights import judgement_weights


def test_a_missing_weight_is_one() -> None:
    table = pa.table({"query": ["mug", "mug", "lamp"], "weight": pa.array([0.25, None, 1.0], pa.float32())})
    assert judgement_weights(table).tolist() == [0.25, 1.0, 1.0]
    assert judgement_weights(table.drop_columns("weight")).tolist() == [1.0, 1.0, 1.0]
    assert judgement_weights(table.slice(0, 0)).shape == (0,)

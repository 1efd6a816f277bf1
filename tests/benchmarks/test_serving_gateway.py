from benchmarks.serving_gateway import SIGNATURES, report


def test_the_overhead_is_what_each_request_takes_beyond_its_own_signatures():
    ms = {name: [1.0] * 5 for name in SIGNATURES}
    ms |= {"words": [5.0, 105.0, 6.0, 7.0, 9.0], "embed and rank": [4.0, 101.0, 4.0, 4.0, 4.0]}
    ms |= {"rank in one category": [0.25] * 5, "the same again": [3.0, 2.0, 1.0, 2.0, 2.0]}
    text = report({"products": 2000, "queries": 5, "ms": ms})
    rows = {cells[1]: cells[2:-1] for line in text.splitlines() if len(cells := [*map(str.strip, line.split("|"))]) > 1}
    assert rows["words"] == ["7.00", "4.00", "3.00", "1.00 – 5.00"]
    assert rows["the same in one category"] == ["1.00", "0.25", "0.75", "0.75 – 0.75"]
    assert rows["the same again"] == ["2.00", "0.00", "2.00", "1.00 – 3.00"]

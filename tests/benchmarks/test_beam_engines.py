from benchmarks.beam_engines import Seconds, per_product, report

TAKEN = {
    "direct": {1000: [Seconds(12.0, 20.0), Seconds(14.0, 20.0)], 4000: [Seconds(42.0, 74.0), Seconds(74.0, 80.0)]},
    "multi": {1000: [Seconds(50.0, 60.0), Seconds(50.0, 60.0)], 4000: [Seconds(65.0, 114.0), Seconds(65.0, 120.0)]},
}


def test_the_cost_of_a_product_excludes_the_start() -> None:
    small, large = (1000, TAKEN["multi"][1000]), (4000, TAKEN["multi"][4000])
    assert per_product(small, large, 0) == 0.005
    assert per_product(small, large, 1) == 0.019


def test_core_hours_are_those_of_a_million_products() -> None:
    _, _, direct, multi = report(TAKEN).splitlines()
    assert [cell.strip() for cell in direct.split("|")[1:-1]] == ["direct", "13.0", "58.0", "67", "19.0", "5.3"]
    assert [cell.strip() for cell in multi.split("|")[1:-1]] == ["multi", "50.0", "65.0", "200", "19.0", "5.3"]

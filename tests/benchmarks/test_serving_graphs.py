from pathlib import Path

from benchmarks.serving_graphs import optimize, report
from tests.vitrine.saved_model.test_saving import Doubler, optimized
from vitrine.saved_model.saving import save


def test_the_twin_is_optimized_in_every_call(tmp_path: Path) -> None:
    module = Doubler()
    save(module, tmp_path, {"outer": module.outer})
    optimize(tmp_path / "saved_model.pb")
    assert all(optimized(tmp_path))


def test_the_ratio_is_that_of_each_turn() -> None:
    figures = {"on": [2.0, 20.0, 4.0], "off": [1.0, 10.0, 4.0]}
    result = {"products": 9, "clip": "base", "precision": "float32", "load_s": figures, "ms": {"embed_text": figures}}
    *_, row = report(result).splitlines()
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "embed_text, ms",
        "4.0",
        "4.0",
        "1.0 – 10.0",
        "0.50×",
    ]

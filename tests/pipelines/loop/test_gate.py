from pathlib import Path

from pipelines.loop.gate import CURRENT, OLDER, held_out
from vitrine.data.columns import PRODUCT_ID, SOURCE

HEADER = "query_id,query,product_id,esci_label,source\n"


def write(data: Path, folder: str, *rows: str) -> None:
    (data / "judgements" / folder / "eval").mkdir(parents=True)
    (data / "judgements" / folder / "eval" / "a.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows))


def products(data: Path, window: str) -> dict[str, list[str]]:
    return {name: sorted(table[PRODUCT_ID].to_pylist()) for name, table in held_out(data, window).items()}


def test_spans_before_the_window_are_held_out_queries_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, "", "q,mug,base,E,")
    for span in (1, 2, 3):
        write(tmp_path, f"span-{span}", f"q{span},cup {span},p{span},E,")
    assert products(tmp_path, "last 1") == {CURRENT: ["base", "p3"], OLDER: ["p1", "p2"]}
    assert products(tmp_path, "all") == {CURRENT: ["base", "p1", "p2", "p3"], OLDER: []}


def test_clicks_do_not_decide_where_people_have_judged(tmp_path: Path) -> None:
    write(tmp_path, "span-1", "q,mug,people,E,", "q,mug,clicked,E,clicks")
    write(tmp_path, "span-0", "r,cup,clicked,E,clicks")
    found = held_out(tmp_path, "last 1")
    assert found[CURRENT][PRODUCT_ID].to_pylist() == ["people"]
    assert found[OLDER][SOURCE].to_pylist() == ["clicks"]

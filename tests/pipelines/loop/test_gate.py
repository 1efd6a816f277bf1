from pathlib import Path

from pipelines.loop.gate import CURRENT, OLDER, held_out
from vitrine.data.columns import PRODUCT_ID, SOURCE

HEADER = "query_id,query,product_id,esci_label,source\n"


def write(data: Path, folder: str, *rows: str, split: str = "eval") -> None:
    (data / "judgements" / folder / split).mkdir(parents=True)
    (data / "judgements" / folder / split / "a.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows))


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


def test_a_query_of_older_spans_that_the_window_trains_on_is_not_held_out(tmp_path: Path) -> None:
    write(tmp_path, "span-1", "q,Mug,p1,E,", "r,cup,p2,E,")
    write(tmp_path, "span-2", "q,mug,p3,E,", split="train")
    write(tmp_path, "span-2", "s,bowl,p4,E,")
    assert products(tmp_path, "last 1") == {CURRENT: ["p4"], OLDER: ["p2"]}
    assert products(tmp_path, "all") == {CURRENT: ["p1", "p2", "p3", "p4"], OLDER: []}


def test_queries_of_clicks_that_people_have_for_training_are_not_held_out(tmp_path: Path) -> None:
    write(tmp_path, "span-1", "q,mug,p1,E,clicks", "r,cup,p2,E,clicks")
    write(tmp_path, "span-2", "q,mug,p3,E,", split="train")
    assert products(tmp_path, "all") == {CURRENT: ["p2"], OLDER: []}


def test_the_window_counts_the_spans_of_both_splits(tmp_path: Path) -> None:
    write(tmp_path, "span-1", "q,mug,p1,E,")
    write(tmp_path, "span-2", "r,cup,p2,E,", split="train")
    assert products(tmp_path, "last 1") == {CURRENT: [], OLDER: ["p1"]}

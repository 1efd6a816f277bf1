from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.columns import ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID, SOURCE
from vitrine.data.contract.files import check, read_judgements
from vitrine.data.contract.span_merge import SpanMerge, Turn, turns
from vitrine.data.contract.splits import normalise

CATALOGUE = "product_id,title,description,brand,color,category,image,price\n"


def rows(*rows: tuple[str | None, ...]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=list(JUDGEMENTS))


def merged(*blocks: pa.RecordBatch) -> list[tuple[str, ...]]:
    """Merge blocks, the newest first, as files of one block each."""
    merge, found = SpanMerge("train"), []
    for turn in turns(f"train/{place}" for place in range(len(blocks))):
        block, counting = merge.add(blocks[int(turn.file.removeprefix("train/"))], turn)
        found += [tuple(row.values()) for row in block.filter(counting).to_pylist()]
    return found


def test_the_newest_judgement_of_a_pair_counts():
    newer, older = rows(("q", "mug", "p", "E", "")), rows(("q", "mug", "p", "I", ""), ("q", "mug", "p2", "S", ""))
    assert merged(newer, older) == [("q", "mug", "p", "E", ""), ("q", "mug", "p2", "S", "")]


def test_a_judgement_by_people_outranks_newer_clicks():
    clicks, people = (
        rows(("q", "mug", "p", "E", "clicks"), ("q", "mug", "p2", "S", "clicks")),
        rows(("q", "mug", "p", "I", "")),
    )
    assert merged(clicks, people) == [("q", "mug", "p", "I", ""), ("q", "mug", "p2", "S", "clicks")]


def test_spellings_of_a_query_are_one_query():
    assert merged(rows(("a", "Red Mug", "p", "E", "")), rows(("b", "red  mug", "p2", "S", ""))) == [
        ("a", "Red Mug", "p", "E", ""),
        ("a", "Red Mug", "p2", "S", ""),
    ]


def test_an_id_that_stands_for_another_query_in_an_older_span_gets_a_suffix():
    (first, second) = merged(rows(("1", "mug", "p", "E", "")), rows(("1", "bowl", "p", "I", "")))
    assert first == ("1", "mug", "p", "E", "")
    assert second[0].startswith("1-")
    assert second[1:] == ("bowl", "p", "I", "")


def test_rows_that_the_validator_reports_are_kept():
    assert len(merged(rows(("q", None, "p", "E", None)), rows(("q", None, "p", "E", None)))) == 2
    block = pa.RecordBatch.from_arrays([pa.array(["q"])], names=["query_id"])
    merge = SpanMerge("train")
    assert merge.add(block, Turn("train/a.csv", False))[1].to_pylist() == [True]


ID, TEXT = st.sampled_from("123"), st.sampled_from(["mug", "Mug", "bowl", " bowl", "cup"])
ROW = st.tuples(ID, TEXT, st.sampled_from("pqr"), st.sampled_from("ESCI"), st.sampled_from(["", "clicks", "llm:m"]))


@given(st.lists(st.lists(ROW, min_size=1, max_size=8), min_size=1, max_size=4))
def test_a_merged_set_has_each_pair_once_and_an_id_for_each_query(spans):
    found = merged(*(rows(*span) for span in spans))
    pairs = [(normalise(row[1]), row[2]) for row in found]
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == {(normalise(row[1]), row[2]) for span in spans for row in span}
    assert len({row[0] for row in found}) == len({normalise(row[1]) for row in found}) == len({row[1] for row in found})


def test_a_data_folder_with_spans_is_read_as_one_set(tmp_path: Path):
    (tmp_path / "catalogue/span-2").mkdir(parents=True)
    (tmp_path / "catalogue/span-2/a.csv").write_text(f"{CATALOGUE}p,Mug,,,,,,\nr,Bowl,,,,,,\n")
    header = "query_id,query,product_id,esci_label,source\n"
    for folder, row in {
        "train": "q,mug,p,I,\nq,mug,gone,E,\n",
        "eval": "e,bowl,r,E,\n",
        "span-1/train": "q,mug,p,E,\n",
        "span-2/train": "9,MUG,r,S,clicks\n",
        "span-2/version-3/train": "9,MUG,r,C,clicks\n",
    }.items():
        (tmp_path / "judgements" / folder).mkdir(parents=True)
        (tmp_path / "judgements" / folder / "a.csv").write_text(header + row)
    train = read_judgements(tmp_path, "train").select([QUERY_ID, QUERY, PRODUCT_ID, ESCI_LABEL, SOURCE]).to_pylist()
    assert [tuple(row.values()) for row in train] == [("q", "mug", "p", "E", ""), ("q", "mug", "r", "C", "clicks")]
    assert check(tmp_path).judgements == {"train": 2, "eval": 1}

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.columns import PRODUCT_ID, QUERY, QUERY_ID, SOURCE
from vitrine.data.contract.files import check, merged_judgements, query_splits, read_judgements
from vitrine.data.contract.moved_queries import Move, Origin, sentence
from vitrine.data.contract.query_splits import QuerySplits
from vitrine.data.contract.spans import judgement_files, split_window
from vitrine.data.contract.splits import normalise
from vitrine.errors import DataError

HEADER = "query_id,query,product_id,esci_label,source\n"
CATALOGUE = "product_id,title,description,brand,color,category,image,price\n"
Rows = Mapping[str, list[str]]


def write(data: Path, rows: Rows) -> Path:
    """Write files of judgements by folder, and a catalogue of the products a to f."""
    (data / "catalogue").mkdir()
    (data / "catalogue" / "a.csv").write_text(CATALOGUE + "".join(f"{name},Mug,,,,,,\n" for name in "abcdef"))
    for folder in {"train", "eval", *rows}:
        (data / "judgements" / folder).mkdir(parents=True)
        lines = [*rows.get(folder, []), *([f"{folder},{folder} query,f,E,"] if folder in ("train", "eval") else [])]
        (data / "judgements" / folder / "a.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return data


def products(data: Path, query: str) -> dict[str, str]:
    """Return the products of a query in each split, as one string."""
    found = {}
    for split in ("train", "eval"):
        table = read_judgements(data, split)
        found[split] = "".join(
            row[PRODUCT_ID] for row in table.to_pylist() if normalise(row[QUERY]) == normalise(query)
        )
    return found


def test_peoples_split_of_a_query_replaces_that_of_clicks(tmp_path: Path) -> None:
    data = write(
        tmp_path,
        {
            "span-1/eval": ["1,mug,a,E,clicks", "1,mug,b,S,clicks", "2,cup,a,E,clicks"],
            "span-2/train": ["9,Mug,a,I,", "9,Mug,c,E,"],
        },
    )
    assert products(data, "mug") == {"train": "acb", "eval": ""}
    assert products(data, "cup") == {"train": "", "eval": "a"}
    assert set(read_judgements(data, "train")["query_id"].to_pylist()) == {"train", "9"}
    assert check(data).judgements == {"train": 4, "eval": 2}
    assert query_splits(judgement_files(data)).moves == [Move(Origin(1, "eval", True), "train", ("mug",))]


@pytest.mark.parametrize(("newer", "older"), [("train", "eval"), ("eval", "train")])
def test_a_query_that_people_held_out_in_one_span_is_trained_on_in_none(tmp_path: Path, newer: str, older: str) -> None:
    rows = {f"span-2/{newer}": ["1,mug,a,E,"], f"span-1/{older}": ["1,mug,b,S,", "1,mug,a,I,"]}
    data = write(tmp_path, rows | {"span-3/train": ["1,mug,c,E,clicks"]})
    assert products(data, "mug") == {"train": "", "eval": "abc"}
    assert read_judgements(data, "eval").filter(pa.compute.field(PRODUCT_ID) == "a")["esci_label"].to_pylist() == ["E"]
    assert check(data).queries == {"train": 1, "eval": 2}


def test_a_query_of_the_files_without_a_span_is_moved_as_well(tmp_path: Path) -> None:
    data = write(tmp_path, {"train": ["1,mug,a,E,"], "span-1/eval": ["1,mug,b,E,"]})
    assert products(data, "mug") == {"train": "", "eval": "ba"}
    (move,) = query_splits(judgement_files(data)).moves
    assert sentence(move.as_json()) == (
        "1 query from train to eval, with their judgements in the files without a span: 'mug'"
    )


def test_a_query_in_both_splits_of_one_span_is_still_an_error(tmp_path: Path) -> None:
    rows = {"span-1/train": ["1,mug,a,E,"], "span-1/eval": ["1,mug,b,E,"], "span-2/train": ["1,mug,c,E,"]}
    data = write(tmp_path, rows)
    with pytest.raises(DataError, match="query 'mug' is in the other split too"):
        check(data)


def test_the_highest_version_of_a_span_replaces_both_splits(tmp_path: Path) -> None:
    rows = {"span-1/train": ["1,mug,a,E,"], "span-1/version-2/eval": ["1,mug,b,E,"]}
    data = write(tmp_path, rows)
    assert products(data, "mug") == {"train": "", "eval": "b"}
    assert query_splits(judgement_files(data)).moves == []


def test_a_window_counts_the_spans_of_all_splits(tmp_path: Path) -> None:
    data = write(tmp_path, {"span-1/eval": ["1,mug,a,E,"], "span-2/train": ["2,cup,a,E,"]})
    inside, outside = split_window(judgement_files(data), "last 1")
    assert {split: list(spans) for split, spans in inside.items()} == {"train": [2, -1], "eval": [-1]}
    assert {split: list(spans) for split, spans in outside.items()} == {"train": [], "eval": [1]}


def test_an_id_that_stands_for_queries_of_both_splits_stays_with_one(tmp_path: Path) -> None:
    data = write(tmp_path, {"span-1/train": ["1,mug,a,E,"], "span-2/eval": ["1,cup,b,E,"]})
    assert check(data).queries == {"train": 2, "eval": 2}
    (train,), (held_out,) = (
        read_judgements(data, split).filter(pa.compute.field(PRODUCT_ID) != "f")[QUERY_ID].to_pylist()
        for split in ("train", "eval")
    )
    assert train == "1"
    assert held_out.startswith("1-")


TEXT = st.sampled_from(["mug", "Mug", "cup", "bowl", "plate"])
ROW = st.tuples(TEXT, st.sampled_from("abcde"), st.sampled_from(["", "clicks", "llm:m"]))
SPAN = st.fixed_dictionaries({"train": st.lists(ROW, max_size=5), "eval": st.lists(ROW, max_size=5)})


def of_one_split(span: dict[str, list[tuple[str, str, str]]]) -> bool:
    train, held_out = ({normalise(row[0]) for row in span[split]} for split in ("train", "eval"))
    return train.isdisjoint(held_out)


@given(st.lists(SPAN.filter(of_one_split), min_size=2, max_size=4))
def test_no_query_is_in_two_splits_and_no_pair_is_lost(
    tmp_path_factory: pytest.TempPathFactory, spans: list[dict[str, list[tuple[str, str, str]]]]
) -> None:
    data = tmp_path_factory.mktemp("data")
    for number, span in enumerate(spans):
        for split, rows in span.items():
            (folder := data / f"judgements/span-{number}/{split}").mkdir(parents=True)
            lines = [f"{(len(text) + number) % 3},{text},{product},E,{source}\n" for text, product, source in rows]
            (folder / "a.csv").write_text(HEADER + "".join(lines))
    files = judgement_files(data)
    splits = query_splits(files)
    merged = {split: merged_judgements(files, split, splits).to_pylist() for split in ("train", "eval")}
    queries = {split: {normalise(row[QUERY]) for row in rows} for split, rows in merged.items()}
    texts = {(row[QUERY_ID], normalise(row[QUERY])) for rows in merged.values() for row in rows}
    assert len({query_id for query_id, _ in texts}) == len({text for _, text in texts}) == len(texts)
    assert queries["train"].isdisjoint(queries["eval"])
    pairs = [(normalise(row[QUERY]), row[PRODUCT_ID]) for rows in merged.values() for row in rows]
    written = [(split, row) for span in spans for split, rows in span.items() for row in rows]
    assert sorted(pairs) == sorted({(normalise(text), product) for _, (text, product, _) in written})
    by_others = {normalise(text) for _, (text, _, source) in written if source != "clicks"}
    held_out = {normalise(text) for split, (text, _, source) in written if split == "eval" and source != "clicks"}
    assert queries["eval"] & by_others == held_out
    assert {query for move in splits.moves for query in move.queries} == {
        normalise(text) for split, (text, _, _) in written if normalise(text) not in queries[split]
    }


def test_blocks_without_queries_have_no_splits() -> None:
    splits = QuerySplits()
    splits.add(pa.RecordBatch.from_pydict({PRODUCT_ID: ["a"], SOURCE: [""]}), 1, "train")
    splits.add(pa.RecordBatch.from_pydict({QUERY_ID: ["1", "2", None], QUERY: [None, "", "mug"]}), 1, "train")
    splits.add(pa.RecordBatch.from_pydict({QUERY_ID: ["1"], QUERY: ["MUG"], SOURCE: [None]}), 2, "eval")
    assert splits.moves() == [Move(Origin(1, "train", False), "eval", ("mug",))]

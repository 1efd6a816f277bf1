import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.csv_example_gen import SPANS, CsvExampleGen, Driver, Executor
from components.moved_queries import MOVED, read_moves
from pipelines.beam.arguments import beam_arguments
from pipelines.beam.settings import BeamSettings, MultiProcessSettings
from pipelines.run_directory import plain_error
from vitrine.data.attributes.declaration import Attribute
from vitrine.errors import DataError

CATALOGUE = "product_id,title,description,brand,color,category,image,price\n"
JUDGEMENTS = "query_id,query,product_id,esci_label\n"


DIRECT = beam_arguments(BeamSettings())
MULTI = beam_arguments(BeamSettings(runner="multi", multi=MultiProcessSettings(workers=2)))


def ingest(
    folder: Path,
    splits: dict[str, str],
    arguments: list[str] = DIRECT,
    window: str | None = None,
    examples: standard_artifacts.Examples | None = None,
    **further: Any,
) -> dict[str, list[tf.train.Example]]:
    """Run the executor as the component configures it; return the examples of each split."""
    component = CsvExampleGen(str(folder), splits, window, **further)
    examples = examples or standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    properties = {**component.exec_properties, "span": 0, "version": None}
    Executor(Executor.Context(beam_pipeline_args=arguments)).Do({}, {"examples": [examples]}, properties)
    return {
        split: [
            tf.train.Example.FromString(record.numpy())
            for path in sorted(Path(artifact_utils.get_split_uri([examples], split)).glob("*.gz"))
            for record in tf.data.TFRecordDataset(str(path), "GZIP")
        ]
        for split in artifact_utils.decode_split_names(examples.split_names)
    }


def products(folder: Path, *rows: str) -> list[dict[str, object]]:
    """Ingest one catalogue of these rows; return each product's features as plain values."""
    (folder / "catalogue").mkdir()
    (folder / "catalogue" / "products.csv").write_text(CATALOGUE + "\n".join(rows) + "\n", encoding="utf-8")
    splits = ingest(folder / "catalogue", {"products": "*.csv"})
    assert list(splits) == ["products"]
    return sorted((plain(example) for example in splits["products"]), key=lambda row: str(row["product_id"]))


def plain(example: tf.train.Example) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        if kind:
            (value,) = getattr(feature, kind).value
            row[name] = value.decode() if isinstance(value, bytes) else value
    return row


def test_a_row_becomes_an_example_of_the_contracts_types(tmp_path: Path) -> None:
    rows = products(tmp_path, "0017,Mug,007,Acme,red,,0017.png,12")
    assert rows == [
        {
            "product_id": "0017",  # not a number
            "title": "Mug",
            "description": "007",
            "brand": "Acme",
            "color": "red",
            "image": "0017.png",  # category is empty, so absent
            "price": 12.0,
        }
    ]
    assert isinstance(rows[0]["price"], float)


def test_a_wholly_empty_column_is_absent_everywhere(tmp_path: Path) -> None:
    rows = products(tmp_path, "1,Mug,,,,,,", "2,Bowl,,,,,,3.5")
    assert rows == [{"product_id": "1", "title": "Mug"}, {"product_id": "2", "title": "Bowl", "price": 3.5}]


def test_quoted_fields_hold_commas_quotes_and_newlines(tmp_path: Path) -> None:
    rows = products(tmp_path, '1,"Mug, ""large""","one\ntwo",,,,,')
    assert rows == [{"product_id": "1", "title": 'Mug, "large"', "description": "one\ntwo"}]


def test_words_that_look_like_missing_values_stay_words(tmp_path: Path) -> None:
    rows = products(tmp_path, "1,null,NaN,N/A,none,true,,")
    assert rows == [
        {"product_id": "1", "title": "null", "description": "NaN", "brand": "N/A", "color": "none", "category": "true"}
    ]


def test_one_split_is_kept_whole_across_files(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for part in ("a", "b"):
        rows = "".join(f"{part}{number},T,,,,,,\n" for number in range(30))
        (folder / f"{part}.csv").write_text(CATALOGUE + rows, encoding="utf-8")
    examples = ingest(folder, {"products": "*.csv"})
    ids = sorted(str(plain(example)["product_id"]) for example in examples["products"])
    assert list(examples) == ["products"]
    assert ids == sorted([f"a{number}" for number in range(30)] + [f"b{number}" for number in range(30)])


def test_splits_are_those_of_the_folders(tmp_path: Path) -> None:
    for split, row in (("train", "q1,mug,1,E"), ("eval", "q2,bowl,1,I")):
        (tmp_path / split).mkdir()
        (tmp_path / split / "judgements.csv").write_text(JUDGEMENTS + row + "\n", encoding="utf-8")
    examples = ingest(tmp_path, {"train": "train/*.csv", "eval": "eval/*.csv"})
    assert {split: [plain(row)["query_id"] for row in rows] for split, rows in examples.items()} == {
        "train": ["q1"],
        "eval": ["q2"],
    }


def test_columns_beyond_the_contract_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    text = "added,product_id,title,sold\n2024-05-01,1,Mug,true\n"  # neither a date nor a truth value fits an Example
    (tmp_path / "catalogue" / "products.csv").write_text(text, encoding="utf-8")
    (example,) = ingest(tmp_path / "catalogue", {"products": "*.csv"})["products"]
    assert plain(example) == {"product_id": "1", "title": "Mug"}


def with_attributes(folder: Path, text: str, **attributes: str) -> list[dict[str, object]]:
    """Ingest a catalogue with these attributes, each of a type."""
    (folder / "catalogue").mkdir(exist_ok=True)
    (folder / "catalogue" / "products.csv").write_text(text, encoding="utf-8")
    declared = {name: Attribute.model_validate({"type": kind}) for name, kind in attributes.items()}
    examples = ingest(folder, {"products": "catalogue/*.csv"}, attributes=declared, currency="EUR")["products"]
    return sorted((plain(example) for example in examples), key=lambda row: str(row["product_id"]))


def test_declared_columns_and_the_currency_are_one_feature_beside_the_contracts(tmp_path: Path) -> None:
    text = 'product_id,weight,size,sold,currency\n1,1.5,M,7,\n2,,"S, M",8,USD\n'
    assert with_attributes(tmp_path, text, weight="number", size="list") == [
        {"product_id": "1", "attributes": '{"weight": "1.5", "size": "M", "currency": "EUR"}'},
        {"product_id": "2", "attributes": '{"size": "S, M", "currency": "USD"}'},
    ]


def test_a_value_of_another_type_and_a_missing_column_are_told_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "catalogue" / "products.csv"
    with pytest.raises(DataError, match=re.escape(f"{file}:3: weight 'heavy' is not a decimal number")):
        with_attributes(tmp_path, "product_id,weight\n1,2\n2,heavy\n", weight="number")
    with pytest.raises(DataError, match=re.escape(f"{file}:1: column 'size' is missing, and data.attributes")):
        with_attributes(tmp_path, "product_id,weight\n1,2\n", size="keyword")


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    text = "\ufeffproduct_id,title\n1,Mug\n"
    (tmp_path / "catalogue" / "products.csv").write_text(text, encoding="utf-8")
    (example,) = ingest(tmp_path / "catalogue", {"products": "*.csv"})["products"]
    assert plain(example) == {"product_id": "1", "title": "Mug"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,Mug,,,,,,cheap", "In CSV column #7: .*'cheap'"),
        ("1,Mug,,", "Expected 8 columns, got 4"),
    ],
)
def test_a_parsing_error_names_the_file(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Beam wraps it
        products(tmp_path, row)
    message = str(plain_error(caught.value))
    assert message.startswith(f"{tmp_path}/catalogue/products.csv: ")
    assert "\n" not in message
    assert re.search(reason, message)


def test_a_missing_folder_says_what_should_be_there(tmp_path: Path) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - Beam wraps it
        ingest(tmp_path / "judgements", {"train": "train/*.csv", "eval": "eval/*.csv"})
    assert str(plain_error(caught.value)) == (
        f"{tmp_path}/judgements/train/*.csv: no such files; data.dir must hold catalogue/*.csv and judgements/*/*.csv"
    )


def test_worker_processes_read_the_same(tmp_path: Path) -> None:
    results = []
    for arguments in (DIRECT, MULTI):
        folder = tmp_path / str(len(results))
        folder.mkdir()
        for part in ("a", "b"):
            rows = "".join(f"{part}{number},T,,,,,,{number}\n" for number in range(30))
            (folder / f"{part}.csv").write_text(CATALOGUE + rows, encoding="utf-8")
        examples = ingest(folder, {"products": "*.csv"}, arguments)["products"]
        results.append(sorted((plain(example) for example in examples), key=lambda row: str(row["product_id"])))
    direct, multi = results
    assert len(direct) == 60
    assert multi == direct


def fingerprint(folder: Path) -> str:
    """Return the driver's fingerprint of the files of two splits."""
    properties = dict(CsvExampleGen(str(folder), {"train": "train/*.csv", "eval": "eval/*.csv"}).exec_properties)
    value: str = Driver(None).resolve_exec_properties(properties, None, None)["input_fingerprint"]
    return value


@pytest.fixture
def splits(tmp_path: Path) -> Path:
    for split in ("train", "eval"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "a.csv").write_text(JUDGEMENTS + "1,mug,1,E\n")
    return tmp_path


def test_files_are_identified_by_content_not_by_time(splits: Path) -> None:
    before = fingerprint(splits)
    file = splits / "train" / "a.csv"
    os.utime(file, ns=(1, 1))
    assert fingerprint(splits) == before
    file.write_text(JUDGEMENTS + "1,mug,1,S\n")  # of the same size
    os.utime(file, ns=(1, 1))
    train, held_out = fingerprint(splits).split("\n")
    assert train != before.split("\n")[0]
    assert held_out == before.split("\n")[1]


def test_a_further_file_and_an_exchange_of_splits_change_the_fingerprint(splits: Path) -> None:
    before = fingerprint(splits)
    assert before.startswith("split:train,num_files:1,total_bytes:")
    (splits / "eval" / "b.csv").write_text(JUDGEMENTS)
    assert fingerprint(splits) != before


def test_large_files_become_several_in_the_order_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.csv_example_gen.FILE_BYTES", 500)
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for part in ("a", "b"):
        rows = "".join(f"{part}{number:02d},T,,,,,,\n" for number in range(30))
        (folder / f"{part}.csv").write_text(CATALOGUE + rows, encoding="utf-8")
    examples = ingest(folder, {"products": "*.csv"})["products"]
    files = list((tmp_path / "catalogue" / "examples" / "Split-products").iterdir())
    assert 4 < len(files) < 30
    assert [plain(example)["product_id"] for example in examples] == [
        f"{part}{n:02d}" for part in "ab" for n in range(30)
    ]


def test_a_file_without_rows_is_an_empty_split(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text(CATALOGUE, encoding="utf-8")
    assert ingest(tmp_path, {"products": "*.csv"}) == {"products": []}
    assert len(list((tmp_path / "examples" / "Split-products").iterdir())) == 1


@pytest.mark.parametrize("name", ["data [v2] \u00fc", "a*b", "what?", "[", "{a,b}"])
def test_a_folders_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    assert products(folder, "1,Mug,,,,,,") == [{"product_id": "1", "title": "Mug"}]
    for split in ("train", "eval"):
        (folder / split).mkdir()
        (folder / split / "judgements.csv").write_text(JUDGEMENTS, encoding="utf-8")
    assert fingerprint(folder).count("num_files:1,") == 2


def test_a_value_of_two_megabytes_is_read(tmp_path: Path) -> None:
    text = "x" * 2_500_000
    assert products(tmp_path, f"1,Mug,{text},,,,,") == [{"product_id": "1", "title": "Mug", "description": text}]


def test_rows_that_a_quote_hides_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(
        Exception, match=r"products.csv:2: text follows the closing quote of a value \(lines 2 to 4"
    ) as error:
        products(tmp_path, '1,"Mug,,,,,,', "2,Mug,,,,,,", '3,"Mug,,,,,,')
    assert isinstance(plain_error(error.value), DataError)


def write_spans(folder: Path) -> None:
    """Write judgements outside of spans, in spans 1 to 3, and in a newer version of span 2."""
    for part, train in {
        "": "p,I",
        "span-1/": "p,E",
        "span-2/": "p,S",
        "span-2/version-1/": "q,S",
        "span-3/": "r,E",
    }.items():
        for split, row in (("train", f"1,mug,{train}"), ("eval", "2,bowl,p,E")):
            (folder / "judgements" / part / split).mkdir(parents=True)
            (folder / "judgements" / part / split / "a.csv").write_text(f"{JUDGEMENTS}{row}\n", encoding="utf-8")


JUDGEMENT_SPLITS = {split: f"judgements/{split}/*.csv" for split in ("train", "eval")}


@pytest.mark.parametrize(
    ("window", "spans", "judged"),
    [
        ("all", ["1", "2/1", "3"], {"p": "E", "q": "S", "r": "E"}),
        ("last 2", ["2/1", "3"], {"p": "I", "q": "S", "r": "E"}),
        ("last 1", ["3"], {"p": "I", "r": "E"}),
        (None, None, {"p": "I"}),
    ],
)
def test_a_window_of_spans_is_one_set_of_judgements(
    tmp_path: Path, window: str | None, spans: list[str] | None, judged: dict[str, str]
) -> None:
    write_spans(tmp_path)
    examples = standard_artifacts.Examples()
    found = ingest(tmp_path, JUDGEMENT_SPLITS, window=window, examples=examples)
    assert {str(row["product_id"]): row["esci_label"] for row in map(plain, found["train"])} == judged
    assert len(found["train"]) == len(judged)
    assert [plain(example)["product_id"] for example in found["eval"]] == ["p"]
    assert json.loads(examples.get_string_custom_property(SPANS) or "null") == spans


def test_a_query_whose_split_changes_is_in_one_split_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    header = "query_id,query,product_id,esci_label,source\n"
    for folder, rows in {
        "span-1/train": ["1,Mug,p,E,clicks", "2,cup,p,E,"],
        "span-2/eval": ["1,mug,q,E,", "3,bowl,p,E,"],
    }.items():
        (tmp_path / "judgements" / folder).mkdir(parents=True)
        (tmp_path / "judgements" / folder / "a.csv").write_text(header + "".join(f"{row}\n" for row in rows))
    examples = standard_artifacts.Examples()
    with caplog.at_level("INFO", "vitrine.progress"):
        found = ingest(tmp_path, JUDGEMENT_SPLITS, window="all", examples=examples)
    pairs = {
        split: sorted((row["query"], row["product_id"]) for row in map(plain, rows)) for split, rows in found.items()
    }
    assert pairs == {"train": [("cup", "p")], "eval": [("bowl", "p"), ("mug", "p"), ("mug", "q")]}
    assert examples.get_int_custom_property(MOVED) == 1
    assert read_moves(examples.uri) == [
        {"span": 1, "split": "train", "of_clicks": True, "counts_in": "eval", "queries": ["mug"]}
    ]
    assert "1 query from train to eval, with their judgements from clicks in span 1: 'mug'" in caplog.text


def test_the_newest_span_is_the_catalogue(tmp_path: Path) -> None:
    for span in (9, 10):
        (tmp_path / f"catalogue/span-{span}").mkdir(parents=True)
        (tmp_path / f"catalogue/span-{span}/a.csv").write_text(f"{CATALOGUE}{span},Mug,,,,,,\n", encoding="utf-8")
    found = ingest(tmp_path, {"products": "catalogue/*.csv"}, window="last 30")
    assert [plain(example)["product_id"] for example in found["products"]] == ["10"]


def test_spans_without_a_window_are_named(tmp_path: Path) -> None:
    (tmp_path / "judgements/span-1/train").mkdir(parents=True)
    (tmp_path / "judgements/span-1/train/a.csv").write_text(JUDGEMENTS, encoding="utf-8")
    with pytest.raises(DataError, match=r"all files are in spans; set data.spans to 'all' or 'last N'"):
        ingest(tmp_path, {"train": "judgements/train/*.csv"})


def test_the_fingerprint_follows_the_spans_of_the_window_only(tmp_path: Path) -> None:
    def resolved() -> tuple[object, object]:
        component = CsvExampleGen(str(tmp_path), JUDGEMENT_SPLITS, "last 1")
        properties = Driver(None).resolve_exec_properties(dict(component.exec_properties), None, None)
        return properties["input_fingerprint"], properties["span"]

    write_spans(tmp_path)
    before = resolved()
    assert before[1] == 3
    (tmp_path / "judgements/span-1/train/a.csv").write_text(f"{JUDGEMENTS}1,mug,z,E\n", encoding="utf-8")
    assert resolved() == before
    (tmp_path / "judgements/span-3/train/a.csv").write_text(f"{JUDGEMENTS}1,mug,z,E\n", encoding="utf-8")
    assert resolved()[0] != before[0]


def test_a_weight_is_a_number_in_any_span(tmp_path: Path) -> None:
    for folder, row in ("train", "1,mug,p,E,,"), ("span-1/train", "1,mug,p,S,clicks,0.5\n1,mug,q,S,clicks,0.25"):
        (tmp_path / "judgements" / folder).mkdir(parents=True)
        path = tmp_path / "judgements" / folder / "a.csv"
        path.write_text(f"query_id,query,product_id,esci_label,source,weight\n{row}\n", encoding="utf-8")
    rows = [plain(example) for example in ingest(tmp_path, {"train": "judgements/train/*.csv"}, window="all")["train"]]
    judged = {row["product_id"]: (row["esci_label"], row.get("weight")) for row in rows}
    assert judged == {"p": ("E", None), "q": ("S", 0.25)}  # clicks override nobody, not even an older span


def test_a_price_that_single_precision_cannot_stand_for_is_kept_in_full(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    text = "product_id,price\n1,1234567.89\n2,131071.99\n3,\n"
    (tmp_path / "catalogue" / "products.csv").write_text(text, encoding="utf-8")
    examples = ingest(tmp_path, {"products": "catalogue/*.csv"})["products"]
    rows = sorted((plain(example) for example in examples), key=lambda row: str(row["product_id"]))
    assert rows[0]["attributes"] == '{"price": "1234567.89"}'
    assert [row.get("price") for row in rows] == [pytest.approx(1234567.89, abs=0.1), pytest.approx(131071.99), None]
    assert all("attributes" not in row for row in rows[1:])

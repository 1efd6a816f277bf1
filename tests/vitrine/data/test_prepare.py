import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from vitrine.data.contract.files import check, has_weights, judgement_records, read_catalogue, read_judgements
from vitrine.data.contract.splits import is_eval
from vitrine.data.formats import csv_reading
from vitrine.data.prepare import prepare
from vitrine.data.prepared_spans import next_span
from vitrine.errors import DataError

QUERIES = [f"query {number}" for number in range(20)]
RATERS = "--raters mean, vote or first makes one of several"


@pytest.fixture
def shop(tmp_path):
    """Two valid products, one with an image, and twenty queries."""
    folder = tmp_path / "shop"
    (folder / "images").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(folder / "images" / "1.png")
    put(folder, "catalogue.csv", "product_id,title,image,price", "1,Red mug,1.png,4.5", "2,Blue mug,,")
    put(folder, "judgements.csv", "query,product_id,esci_label", *(f"{query},1,E" for query in QUERIES))
    return folder


@pytest.fixture
def output(tmp_path):
    return tmp_path / "data" / "shop"


def put(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def append(folder: Path, name: str, *lines: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(*arguments, **options) -> str:
    with pytest.raises(DataError) as error:
        prepare(*arguments, **options)
    return str(error.value)


def test_a_dataset_becomes_the_files_of_the_contract(shop, output):
    prepared = prepare("csv", shop, output)
    assert read_catalogue(output)["product_id"].to_pylist() == ["1", "2"]
    held_out = [query for query in QUERIES if is_eval(query)]
    assert read_judgements(output, "eval")["query"].to_pylist() == held_out
    assert (output / "images" / "1.png").read_bytes() == (shop / "images" / "1.png").read_bytes()
    assert prepared.summary == check(output)
    assert prepared.images == {"copied": 1, "missing": 0, "unreadable": 0, "elsewhere": 0}
    assert json.loads((output / "dataset.json").read_text())["summary"]["queries"]["eval"] == len(held_out)
    assert not (output / "rejected.csv").exists()


def test_the_same_input_gives_the_same_bytes(shop, output):
    prepare("csv", shop, output)
    before = files(output)
    prepare("csv", shop, output)
    assert files(output) == before


def test_what_is_prepared_prepares_to_itself(shop, output, tmp_path):
    prepare("csv", shop, output)
    prepare("sample", output, tmp_path / "again")
    before, after = files(output), files(tmp_path / "again")
    assert json.loads(before.pop("dataset.json"))["summary"] == json.loads(after.pop("dataset.json"))["summary"]
    assert after == before


def test_the_first_bad_row_stops_and_leaves_nothing(shop, output):
    append(shop, "catalogue.csv", "3,Mug,,cheap", "4,Mug,,cheaper")
    assert refusal("csv", shop, output) == (
        f"{shop}/catalogue.csv:4: price 'cheap' is not a price of 0 or more (--on-error skip leaves such values out)"
    )
    assert list(output.parent.iterdir()) == []


def test_skipped_rows_are_listed_with_their_reasons(shop, output):
    append(shop, "catalogue.csv", "3,Mug,,cheap", "1,Other,,", "5", "cheap mug,,,")
    append(shop, "judgements.csv", f"{QUERIES[0]},5,E", f"{QUERIES[0]},2,X", f"{QUERIES[0]},1,I")
    prepared = prepare("csv", shop, output, on_error="skip")
    assert (prepared.rejected, prepared.without_value) == (5, 1)
    assert prepared.summary.products == 4
    with (output / "rejected.csv").open(newline="") as lines:
        rejected = [
            (Path(row["file"]).name, row["row"], row["column"], row["value"], row["reason"])
            for row in csv.DictReader(lines)
        ]
    assert rejected == [
        ("catalogue.csv", "4", "price", "cheap", "is not a price of 0 or more; the row is kept without it"),
        ("catalogue.csv", "5", "product_id", "1", "is already taken; --group merges rows of one product"),
        ("catalogue.csv", "6", "", "5", "1 fields where the header has 4: '5'"),
        ("judgements.csv", "22", "product_id", "5", "is not in the catalogue"),
        ("judgements.csv", "23", "esci_label", "X", "is not one of E, S, C, I"),
        ("judgements.csv", "24", "product_id", "1", f"is already judged for this query; {RATERS}"),
    ]
    assert f"warning: 1 judgements of a pair that was judged before were left out; {RATERS}" in prepared.notes


def test_a_row_with_two_faults_is_one_rejected_row(shop, output):
    append(shop, "catalogue.csv", ",Mug,../x,cheap")
    assert prepare("csv", shop, output, on_error="skip").rejected == 1


def test_a_product_may_take_the_id_of_a_rejected_one(shop, output):
    append(shop, "catalogue.csv", "3,Mug,,9.5,", "3,Mug,,9.5")
    prepare("csv", shop, output, on_error="skip")
    assert read_catalogue(output)["price"].to_pylist() == [4.5, None, 9.5]


def test_a_currency_has_a_column_of_its_own(shop, output, tmp_path):
    append(shop, "catalogue.csv", '3,Mug,,"1.299,00 EUR"')
    prepare("csv", shop, output)
    assert read_catalogue(output)["price"].to_pylist() == [4.5, None, 1299]
    prepare("sample", output, tmp_path / "again")
    for folder in (output, tmp_path / "again"):
        with (folder / "catalogue" / "products.csv").open(newline="", encoding="utf-8") as lines:
            assert [row["currency"] for row in csv.DictReader(lines)] == ["", "", "EUR"]


def test_both_splits_need_judgements(shop, output):
    put(shop, "judgements.csv", "query,product_id,esci_label", f"{next(q for q in QUERIES if not is_eval(q))},1,E")
    assert "none of the 1 usable judgements is in the eval split" in refusal("csv", shop, output)


def test_a_missing_image_is_ordinary(shop, output):
    append(shop, "catalogue.csv", "3,Mug,absent.png,")
    assert prepare("csv", shop, output).images["missing"] == 1
    assert read_catalogue(output)["image"].to_pylist() == ["1.png", "", "absent.png"]


def test_another_dataset_replaces_a_prepared_one(shop, output):
    prepare("csv", shop, output)
    put(shop, "catalogue.csv", "product_id,title", "1,Green mug")
    prepare("csv", shop, output)
    assert read_catalogue(output)["title"].to_pylist() == ["Green mug"]
    assert not (output / "images").exists()


def test_a_failed_replacement_leaves_the_old_one(shop, output):
    prepare("csv", shop, output)
    before = files(output)
    append(shop, "judgements.csv", "mug,absent,E")
    assert "product_id 'absent' is not in the catalogue" in refusal("csv", shop, output)
    assert files(output) == before
    assert list(output.parent.iterdir()) == [output]


def test_what_prepare_did_not_write_is_replaced_by_force_only(shop, output):
    (output / "catalogue").mkdir(parents=True)
    put(output, "catalogue/mine.csv", "product_id", "1")
    assert refusal("csv", shop, output).endswith("`vitrine prepare` did not write it; --force replaces it")
    prepare("csv", shop, output, force=True)
    assert list((output / "catalogue").iterdir()) == [output / "catalogue" / "products.csv"]


def test_other_files_are_never_replaced(shop, output):
    prepare("csv", shop, output)
    put(output, "thesis.txt", "years of work")
    for force in (False, True):
        assert "holds 'thesis.txt', which is not Vitrine's to replace" in refusal("csv", shop, output, force=force)


@pytest.mark.parametrize("place", [".", "..", "absent/../../shop"])
def test_the_input_is_never_replaced(shop, place):
    assert "which would be replaced; choose another output" in refusal("csv", shop, shop / place)


def test_an_absent_input_and_a_file_as_output_are_refused(shop, tmp_path):
    assert refusal("csv", tmp_path / "absent", tmp_path / "out") == f"{tmp_path}/absent is not a folder"
    put(tmp_path, "file", "")
    assert refusal("csv", shop, tmp_path / "file") == f"{tmp_path}/file is a file; choose another output"
    message = refusal("csv", shop, tmp_path / "file" / "out")
    assert message.endswith(f"{tmp_path}/file/out was not written")


def test_a_killed_run_leaves_the_old_dataset_whole(shop, output):
    prepare("csv", shop, output)
    before = files(output)
    many = 100_000
    append(shop, "catalogue.csv", *(f"p{number},Mug {number},," for number in range(many)))
    program = "import sys, pathlib, vitrine.data.prepare as p; p.prepare('csv', *map(pathlib.Path, sys.argv[1:]))"
    run = subprocess.Popen([sys.executable, "-c", program, shop, output], cwd=Path(__file__).parents[3])
    while len(list(output.parent.iterdir())) == 1 and run.poll() is None:
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    assert files(output) == before
    prepare("csv", shop, output)
    assert read_catalogue(output).num_rows == 2 + many


def test_a_currency_of_later_rows_only_is_told(shop, output, monkeypatch):
    monkeypatch.setattr(csv_reading, "BLOCK_BYTES", 256)
    append(shop, "catalogue.csv", *(f"p{number},Mug,,5" for number in range(100)), "x,Mug,,5 EUR")
    assert "warning: currency is not kept, since none of the first rows has one" in prepare("csv", shop, output).notes


def test_judgements_of_one_label_are_a_warning(shop, output):
    assert any(note.startswith("warning: every judgement is E, so") for note in prepare("csv", shop, output).notes)
    append(shop, "judgements.csv", f"{QUERIES[0]},2,I")
    assert not any("every judgement" in note for note in prepare("csv", shop, output).notes)


def test_spans_are_added_to_a_data_folder(shop, output):
    prepare("csv", shop, output, span=next_span(output))
    put(shop, "catalogue.csv", "product_id,title,image,price", "1,Red mug,1.png,4.5", "3,Green mug,,")
    put(shop, "judgements.csv", "query,product_id,esci_label", *(f"{query},3,E" for query in QUERIES))
    prepare("csv", shop, output, span=next_span(output))
    assert next_span(output) == 3
    assert read_catalogue(output)["product_id"].to_pylist() == ["1", "3"]
    assert set(read_judgements(output, "train", {"1", "3"})["product_id"].to_pylist()) == {"1", "3"}
    assert (output / "images/1.png").is_file()
    assert sorted(path.parent.name for path in output.glob("prepared/*/dataset.json")) == ["span-1", "span-2"]
    assert not list(output.glob(".*"))


def test_a_span_with_a_broken_rule_adds_nothing(shop, output):
    prepare("csv", shop, output, span=1)
    before = files(output)
    append(shop, "judgements.csv", "query 1,1,X")
    refusal("csv", shop, output, span=2)
    assert files(output) == before


def test_a_span_that_exists_is_kept(shop, output):
    prepare("csv", shop, output, span=1)
    assert "span-1 exists" in refusal("csv", shop, output, span=1)


def test_weights_of_judgements_are_kept(shop, output, tmp_path):
    prepare("csv", shop, output)
    assert not has_weights(output)
    clicks = output / "judgements" / "span-1" / "train"
    clicks.mkdir(parents=True)
    query = next(query for query in QUERIES if not is_eval(query))
    put(clicks, "a.csv", "query_id,query,product_id,esci_label,source,weight", f"x,{query},2,S,clicks,0.25")
    prepare("sample", output, tmp_path / "again")
    assert has_weights(tmp_path / "again")
    rows = [row for records in judgement_records(tmp_path / "again", "train") for row in records.table.to_pylist()]
    assert {(row["product_id"], row["source"], row["weight"]) for row in rows} == {
        ("1", "", ""),
        ("2", "clicks", "0.25"),
    }


def test_the_attributes_of_a_folder_in_the_contracts_layout_are_kept(tmp_path):
    (tmp_path / "in" / "catalogue").mkdir(parents=True)
    first = (
        "product_id,title,description,brand,color,category,image,Sold,size,currency,material\na,Mug,,,,,,7,S,,wool\n"
    )
    second = "product_id,size,title,description,brand,color,category,image\nb,,Cup,,,,,\n"
    for name, text in (("a", first), ("b", second)):
        (tmp_path / "in" / "catalogue" / f"{name}.csv").write_text(text, encoding="utf-8")
    prepare("sample", tmp_path / "in", tmp_path / "out", judgements="none")
    (written,) = (tmp_path / "out" / "catalogue").iterdir()
    header, *rows = written.read_text(encoding="utf-8").splitlines()
    assert header.endswith('"price","size"')  # the others are not in both files, or cannot be attributes
    assert [row.endswith(end) for row, end in zip(rows, (',"S"', ',""'), strict=True)] == [True, True]

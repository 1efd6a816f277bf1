import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANG_SECONDS

ROOT = Path(__file__).parents[2]
PROGRAM = "from cli.main import main; main()"


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "catalogue.csv").write_text("sku\tname\tlink\tprice\n1\tRed mug\tx\t5\n2\tBlue mug\tx\t\n")
    lines = [f"query {number}\t1\t3" for number in range(20)] + ["query 0\t2\t1"]
    (folder / "judgements.csv").write_text("\n".join(["search\tsku\tgrade", *lines]) + "\n")
    return folder


MAPPING = [
    *("--map", "product_id=sku", "--map", "title=name", "--map", "query=search", "--map", "esci_label=grade"),
    *("--label-map", "3=E", "--label-map", "1=I", "--delimiter", "\\t"),
]


def vitrine(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )


def test_a_users_own_files_become_a_dataset(shop, tmp_path):
    with (shop / "catalogue.csv").open("a") as catalogue:
        catalogue.write("3\tGrey mug\tx\tcheap\n")
    done = vitrine("prepare", "csv", "--input", shop, "--output", tmp_path / "out", *MAPPING, "--on-error", "skip")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    assert ["queries", "16", "4"] in cells
    assert ["E", "16 (94.1%)", "4 (100.0%)"] in cells
    hint = "--map description=COLUMN names one, --map description= none"
    assert lines[-5:] == [
        "3 products: 3 with text, 0 with an image",
        "catalogue.csv: columns not used: 'link'",
        f"warning: catalogue.csv: no column for description, brand, color, category, image ({hint})",
        "rows without a value that could not be read: 1, with reasons in " + str(tmp_path / "out" / "rejected.csv"),
        f"{tmp_path / 'out'}: written",
    ]
    assert (tmp_path / "out" / "catalogue" / "products.csv").is_file()


def test_json_goes_alone_to_standard_output(shop, tmp_path):
    done = vitrine("prepare", "csv", "--input", shop, "--output", tmp_path / "out", "--json", *MAPPING)
    printed = json.loads(done.stdout)
    assert printed["dataset"] == "csv"
    assert sum(printed["summary"]["judgements"].values()) == 21
    assert printed == json.loads((tmp_path / "out" / "dataset.json").read_text())


def test_skipped_rows_are_announced(shop, tmp_path):
    arguments = ["prepare", "csv", "--input", shop, "--output", tmp_path / "out", *MAPPING[:-4], *MAPPING[-2:]]
    stopped = vitrine(*arguments)
    assert stopped.returncode == 2
    assert stopped.stderr == (
        f"error: {shop}/judgements.csv:22: grade '1' is not one of E, S, C, I (--on-error skip leaves such rows out)\n"
    )
    skipped = vitrine(*arguments, "--on-error", "skip")
    assert skipped.returncode == 0
    assert f"rejected rows: 1, with reasons in {tmp_path / 'out' / 'rejected.csv'}\n" in skipped.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["csv", "--map", "title"], "error: --map title: it must have the form COLUMN=NAME\n"),
        (["csv", "--map", "colour=farbe"], "error: --map colour: not a column of the contract, which has product_id"),
        (["csv", "--label-map", "3=X"], "error: --label-map 3=X: 'X' is not one of E, S, C, I\n"),
        (["eshop", "--map", "title=name"], "error: --map is for the dataset csv, not for eshop\n"),
        (["eshop"], "catalog.json: No such file or directory\n"),
        (["grocery"], "classes.csv: No such file or directory\n"),
        (["crowdflower"], ":1: column 'query' is missing; the file has "),
        (["sample"], "shop/catalogue is not a folder; `vitrine prepare`"),
    ],
)
def test_bad_input_is_one_line(shop, tmp_path, arguments, message):
    done = vitrine("prepare", *arguments, "--input", shop, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_help_names_every_dataset():
    done = vitrine("prepare", "--help")
    for name in ("sample", "csv", "crowdflower", "eshop", "grocery"):
        assert f"\n  {name} " in done.stdout

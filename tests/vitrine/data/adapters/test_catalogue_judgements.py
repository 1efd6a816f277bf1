import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.data.contract.files import read_judgements
from vitrine.data.prepare import prepare
from vitrine.errors import DataError
from vitrine.labels import LABELS

COLUMNS = ("product_id", "title", "brand", "color", "category")
MUGS, RUGS = "Home > Kitchen > Mugs", "Home > Floor > Rugs"
STOCK = [
    ("1", "Checked mug", "Norda", "red", MUGS),
    ("2", "Checked big mug", "Norda", "Blue / White", MUGS),
    ("3", "Plain mug", "Villa", "blue", MUGS),
    ("4", "Milk jug", "Villa", "red", "Home > Kitchen > Jugs"),
    ("5", "Wool rug", "Norda", "red", RUGS),
    ("6", "Fleece", "", "", "Clothing"),
]


@pytest.fixture
def labels(tmp_path):
    def derive(query: str, *products: tuple[str, ...]) -> dict[str, str]:
        rows = derived(tmp_path, [*STOCK, *products])
        return {row["product_id"]: row["esci_label"] for row in rows if row["query"] == query}

    return derive


def write(folder: Path, products: list[tuple[str, ...]]) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "catalogue.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *products])
    return folder


def derived(folder: Path, products: list[tuple[str, ...]]) -> list[dict[str, str]]:
    output = folder / "data"
    prepare("csv", write(folder / "shop", products), output, judgements="derived")
    return [row for split in ("train", "eval") for row in read_judgements(output, split).to_pylist()]


def test_a_category_names_its_products_and_those_of_the_categories_below_it(labels):
    assert labels("mugs") == {"1": "E", "2": "E", "3": "E", "4": "C", "5": "I", "6": "I"}
    assert labels("kitchen") == {"1": "E", "2": "E", "3": "E", "4": "E", "5": "C", "6": "I"}


def test_a_colour_brand_or_word_of_several_titles_makes_the_rest_of_a_category_substitutes(labels):
    assert labels("red mugs") == {"1": "E", "2": "S", "3": "S", "4": "C", "5": "I", "6": "I"}
    assert labels("white mugs") == {"1": "S", "2": "E", "3": "S", "4": "C", "5": "I", "6": "I"}
    assert labels("norda mugs") == {"1": "E", "2": "E", "3": "S", "4": "C", "5": "I", "6": "I"}
    assert labels("checked mugs") == {"1": "E", "2": "E", "3": "S", "4": "C", "5": "I", "6": "I"}
    assert labels("plain mugs") == {}


def test_a_brand_and_a_title_are_queries(labels):
    assert labels("villa") == {"3": "E", "4": "E", "1": "I", "2": "I", "5": "I", "6": "I"}
    assert labels("plain mug") == {"3": "E", "1": "S", "2": "S", "4": "I", "5": "I", "6": "I"}


def test_products_whose_title_has_the_querys_words_are_not_called_wrong(labels):
    no_colour = ("7", "Mug in red", "", "", MUGS)
    mug_rug = ("8", "Red mugs rug", "", "", RUGS)
    assert labels("red mugs", no_colour, mug_rug) == {"1": "E", "2": "S", "3": "S", "4": "C", "5": "I", "6": "I"}


def test_products_without_a_category_are_not_judged_for_those_of_others(labels):
    assert "7" not in labels("mugs", ("7", "Beaker", "", "", "Uncategorized"))


def test_values_that_name_nothing_are_in_no_query(tmp_path):
    stock = [*STOCK, ("7", "Cap", "Unbranded", "N/A", "5322"), ("8", "Hat", "unbranded", "Multi", "Uncategorized")]
    queries = {row["query"] for row in derived(tmp_path, stock)}
    assert not [query for query in queries if {"unbranded", "n/a", "multi", "5322", "uncategorized"} & {*query.split()}]


@pytest.mark.parametrize(
    "category",
    [
        "Home / Kitchen / Mugs",
        "Home|Kitchen|Mugs",
        "home > kitchen > mugs, New > Hot",
        "Default Category/Home/Kitchen/Mugs,Default Category/New",
    ],
)
def test_levels_of_categories_are_separated_in_several_ways(labels, category):
    assert labels("mugs", ("7", "Beaker", "", "", category))["7"] == "E"


def test_titles_alone_are_enough(tmp_path):
    titles = [f"{colour} {noun} {number}" for number, colour in enumerate(("Red", "Blue", "Green", "Black") * 3)
              for noun in ("mug", "rug")]  # fmt: skip
    rows = derived(tmp_path, [(str(number), title, "", "", "") for number, title in enumerate(titles)])
    found = {row["product_id"]: row["esci_label"] for row in rows if row["query"] == "red mug"}
    of_label = {label: {titles[int(id_)] for id_, its in found.items() if its == label} for label in LABELS}
    assert of_label["E"] == {"Red mug 0", "Red mug 4", "Red mug 8"}
    assert of_label["S"] == {title for title in titles if "mug" in title and "Red" not in title}
    assert of_label["I"] <= {title for title in titles if "rug" in title}


def test_judgements_are_marked_as_derived(tmp_path):
    assert {row["source"] for row in derived(tmp_path, STOCK)} == {"derived"}
    shop = tmp_path / "shop"
    assert prepare("csv", shop, tmp_path / "data", judgements="derived").summary.judged_by.keys() == {"derived"}


def test_derived_judgements_take_the_place_of_a_click_log(tmp_path):
    shop = write(tmp_path / "shop", STOCK)
    (shop / "judgements.csv").write_text("query,product_id,impressions,clicks\nmug,1,20,7\n")
    assert prepare("csv", shop, tmp_path / "data", judgements="derived").summary.judgements["train"]


def test_rejected_products_are_not_judged(tmp_path):
    shop = write(tmp_path / "shop", [*STOCK, ("1", "Checked cup", "Norda", "red", MUGS)])
    prepared = prepare("csv", shop, tmp_path / "data", on_error="skip", judgements="derived")
    assert prepared.rejected == 1


def test_no_judgements_leave_a_catalogue_for_judging(tmp_path):
    shop = write(tmp_path / "shop", STOCK)
    prepared = prepare("csv", shop, tmp_path / "data", judgements="none")
    assert (prepared.summary.products, prepared.summary.judged_by) == (6, {})
    assert not (tmp_path / "data" / "judgements").exists()
    prepare("sample", tmp_path / "data", tmp_path / "derived", judgements="derived")
    assert (tmp_path / "derived" / "judgements" / "eval" / "judgements.csv").is_file()


def test_a_catalogue_that_no_rule_reads_is_one_line(tmp_path):
    with pytest.raises(DataError, match="no query can be derived: no product has a category, a brand that others lack"):
        derived(tmp_path, [("1", "Mug", "", "", ""), ("2", "Rug", "", "", "")])


def test_the_same_catalogue_gives_the_same_bytes_in_every_process(tmp_path):
    shop = write(tmp_path / "shop", STOCK)
    code = (
        "import sys; from pathlib import Path; from vitrine.data.prepare import prepare; "
        "prepare('csv', Path(sys.argv[1]), Path(sys.argv[2]), judgements='derived')"
    )
    outputs = []
    for seed in ("1", "2"):
        output = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(shop), str(output)], check=True, env=environment)
        outputs.append((output / "judgements" / "train" / "judgements.csv").read_bytes())
    assert outputs[0] == outputs[1]

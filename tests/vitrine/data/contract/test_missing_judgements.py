import pytest

from vitrine.data.adapters.csv import CsvSettings, read
from vitrine.data.contract.missing_judgements import click_columns
from vitrine.data.prepare import prepare
from vitrine.errors import DataError

CATALOGUE = "product_id,title\n1,Red mug\n2,Blue mug\n"


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "catalogue.csv").write_text(CATALOGUE)
    return folder


def refusal(name, folder, **settings) -> str:
    with pytest.raises(DataError) as caught:
        prepare(name, folder, folder.parent / "out", **settings)
    assert not (folder.parent / "out").exists()
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_catalogue_alone_is_told_the_three_ways_to_judgements(shop):
    message = refusal("csv", shop)
    assert message.startswith(f"{shop}/judgements.csv: no such file; search is trained and measured with judgements. ")
    for way in ("--judgements derived", "--judgements none", "vitrine judge", "query, product_id and esci_label"):
        assert way in message
    assert "click" not in message


def test_a_named_file_that_is_missing_is_named(shop):
    message = refusal("csv", shop, settings=CsvSettings(judgements_file="ratings.tsv"))
    assert message.startswith(f"{shop}/ratings.tsv: no such file; ")


def test_a_folder_of_the_contract_without_judgements_is_told_the_same(tmp_path):
    folder = tmp_path / "data"
    (folder / "catalogue").mkdir(parents=True)
    (folder / "catalogue" / "products.csv").write_text(
        "product_id,title,description,brand,color,category,image\n1,Mug,,,,,\n"
    )
    message = refusal("sample", folder)
    assert message.startswith(f"{folder}/judgements: no such folder; ")
    assert "--judgements derived" in message


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("query,product_id,impressions,clicks", "'impressions', 'clicks'"),
        ("search_term,sku,Clicks", "'Clicks'"),
        ("timestamp,sessionId,query,product_id,eventType", "'sessionId', 'eventType'"),
        ("query,product_id,addToCart,numPurchases", "'addToCart', 'numPurchases'"),
        ("query,product_id,position,CTR", "'CTR'"),
    ],
)
def test_a_click_log_in_the_place_of_judgements_is_named_as_one(shop, header, columns):
    (shop / "judgements.csv").write_text(f"{header}\n")
    message = refusal("csv", shop)
    assert message.startswith(f"{shop}/judgements.csv:1: this is a click log ({columns}), not a file of judgements")
    assert "`vitrine learn` makes judgements from a gateway's own log" in message
    assert "--judgements derived" in message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("clicks.csv", "query;product_id;impressions;clicks\nmug;1;20;7\n"),
        ("search-log.tsv", "query\tproduct_id\timpressions\tclicks\nmug\t1\t20\t7\n"),
        ("events.jsonl", '{"query": "mug", "product_id": "1", "event": "click"}\n'),
    ],
)
def test_a_click_log_beside_the_catalogue_is_named(shop, name, text):
    (shop / name).write_text(text)
    message = refusal("csv", shop)
    learnt = "`vitrine learn` makes judgements from a gateway's own log"
    assert f"{name} looks like a click log; {learnt}. Three ways" in message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ratings.tsv", "query\tproduct_id\tstars\n"),
        ("export.csv", "query;product_id;relevance\n"),
        ("qrels.txt", "1 0 1 3\n"),
    ],
)
def test_judgements_under_another_name_are_named(shop, name, text):
    (shop / name).write_text(text)
    (shop / "clicks.csv").write_text("query,product_id,clicks\n")
    assert refusal("csv", shop).endswith(
        f"judgements.csv: no such file; the folder has {name}: name the one with labels with --judgements-file"
    )


def test_ratings_of_products_are_no_judgements(shop):
    (shop / "catalogue.csv").write_text("product_id,title,rating\n1,Red mug,4.5\n")
    assert "Three ways to judgements" in refusal("csv", shop)


def test_a_missing_catalogue_is_told_first(shop):
    (shop / "catalogue.csv").unlink()
    assert refusal("csv", shop).startswith(f"{shop}/catalogue.csv: No such file")


def test_grades_with_the_session_they_come_from_are_no_click_log(shop):
    (shop / "judgements.csv").write_text("query,product_id,grade,session\nmug,1,3,x\n")
    assert click_columns(["query", "product_id", "grade", "session"]) == []
    assert "--map esci_label=COLUMN" in refusal("csv", shop)


def test_a_click_log_with_labels_is_a_file_of_judgements(shop):
    (shop / "judgements.csv").write_text("query,product_id,clicks,esci_label\nred mug,1,7,E\n")
    (records,) = read(shop).judgements
    assert records.table["esci_label"].to_pylist() == ["E"]


def test_a_mapped_column_that_is_missing_is_named_even_in_a_click_log(shop):
    (shop / "judgements.csv").write_text("query,product_id,clicks\nred mug,1,7\n")
    message = refusal("csv", shop, settings=CsvSettings(columns={"esci_label": "stars"}))
    assert message.startswith(f"{shop}/judgements.csv:1: column 'stars' is missing")

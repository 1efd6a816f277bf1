import pyarrow as pa
import pytest

from vitrine.data.adapters.wands import read
from vitrine.data.prepare import prepare
from vitrine.errors import DataError

QUERIES = "query_id\tquery\tquery_class\n0\tsalon chair\tMassage Chairs\n7\tdécor & more\t\n"
PRODUCTS = (
    "product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\tproduct_features\t"
    "rating_count\taverage_rating\treview_count\n"
    "0\tgriffin 29 '' bar stool\tBar Stools\tFurniture / Bar Furniture / Bar Stools\ta set of two .\t"
    "framecolor : black|color : dark walnut |overallwidth:20|color : red\t20.0\t4.5\t20.0\n"
    "1\twall clock\tClocks|Decor\t\t\t\t\t\t\n"
)
LABELS = "id\tquery_id\tproduct_id\tlabel\n0\t0\t0\tExact\n1\t0\t1\tIrrelevant\n2\t7\t1\tPartial\n"


@pytest.fixture
def folder(tmp_path):
    def write(queries: str = QUERIES, products: str = PRODUCTS, labels: str = LABELS):
        for name, text in (("query", queries), ("product", products), ("label", labels)):
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def rows(blocks, *names) -> list[tuple]:
    tables = [records.table.select(names) for records in blocks]
    return [tuple(row.values()) for row in pa.concat_tables(tables).to_pylist()]


def faults(blocks) -> list[str]:
    return [str(fault) for records in blocks for fault in records.faults]


def test_products_keep_text_category_and_the_colour_that_is_their_own(folder):
    products = rows(read(folder()).products, "product_id", "title", "description", "category", "color", "brand")
    assert products == [
        ("0", "griffin 29 '' bar stool", "a set of two .", "Furniture / Bar Furniture / Bar Stools", "dark walnut", ""),
        ("1", "wall clock", "", "Clocks|Decor", "", ""),
    ]


def test_the_three_labels_become_exact_substitute_and_irrelevant(folder):
    judgements = rows(read(folder()).judgements, "query_id", "query", "product_id", "esci_label", "source")
    assert judgements == [
        ("0", "salon chair", "0", "E", ""),
        ("0", "salon chair", "1", "I", ""),
        ("7", "décor & more", "1", "S", ""),
    ]


def test_rows_that_fit_no_query_or_label_are_named(folder):
    path = folder(labels=f"{LABELS}3\t9\t0\tExact\n4\t0\t0\tGood\n5\t0\n")
    assert faults(read(path).judgements) == [
        f"{path}/label.csv:5: query_id '9' is not in query.csv",
        f"{path}/label.csv:6: label 'Good' is not one of Exact, Partial, Irrelevant",
        f"{path}/label.csv:7: 2 fields where the header has 4: '5\\t0'",
    ]


def test_a_query_id_is_one_query(folder):
    path = folder(queries=f"{QUERIES}7\tother\t\n")
    judgements = list(read(path).judgements)
    assert faults(judgements) == [f"{path}/query.csv:4: query_id '7' is already taken"]
    assert rows(judgements, "query")[-1] == ("décor & more",)


def test_invalid_bytes_are_named_by_row(folder):
    path = folder()
    (path / "product.csv").write_bytes(PRODUCTS.replace("wall clock", "\0").encode().replace(b"\0", b"wall \xff"))
    assert faults(read(path).products) == [f"{path}/product.csv:3: product_name 'wall \ufffd' is not UTF-8 at byte 5"]


@pytest.mark.parametrize("name", ["query", "product", "label"])
def test_files_need_their_columns(folder, tmp_path, name):
    path = folder(**{{"query": "queries", "product": "products", "label": "labels"}[name]: "id,other\n1,2\n"})
    with pytest.raises(DataError, match=rf"{name}.csv:1: column '\w+' is missing; the file has 'id,other'"):
        prepare("wands", path, tmp_path / "out")


def test_it_prepares_and_splits_by_query(folder, tmp_path):
    queries = "query_id\tquery\tquery_class\n" + "".join(f"{number}\tquery {number}\t\n" for number in range(30))
    labels = "id\tquery_id\tproduct_id\tlabel\n" + "".join(f"{n}\t{n}\t{n % 2}\tPartial\n" for n in range(30))
    path = folder(queries=queries, labels=f"{labels}30\t0\t5\tExact\n")
    with pytest.raises(DataError, match=r"label.csv:32: product_id '5' is not in the catalogue"):
        prepare("wands", path, tmp_path / "out")
    prepared = prepare("wands", path, tmp_path / "out", "skip")
    assert prepared.rejected == 1
    assert sum(prepared.summary.queries.values()) == 30

import pyarrow as pa
import pytest

from vitrine.data.adapters.home_depot import REPEATED, read
from vitrine.data.prepare import prepare
from vitrine.errors import DataError

TRAIN = """"id","product_uid","product_title","search_term","relevance"
2,100001,"Simpson Strong-Tie 12-Gauge Angle","angle bracket",3
3,100001,"Simpson Strong-Tie 12-Gauge Angle","l bracket",2.5
9,100002,"BEHR® Deck &amp; Concrete Stain","deck over",1.33
"""
DESCRIPTIONS = """"product_uid","product_description"
100000,"Nobody asked for this"
100002,"Covers “thin” boards.See all stains"
"""
ATTRIBUTES = """"product_uid","name","value"
100001,"MFG Brand Name","Simpson Strong-Tie"
100002,"MFG Brand Name","Unbranded"
100002,"Color","Tugboat"
,"",""
100002,"Color Family","Grays"
100002,"Color Rendering Index","90"
100000,"MFG Brand Name","Nobody"
"""


@pytest.fixture
def folder(tmp_path):
    def write(train: str = TRAIN, descriptions: str = DESCRIPTIONS, attributes: str | None = ATTRIBUTES):
        (tmp_path / "train.csv").write_text(train, encoding="latin-1")
        (tmp_path / "product_descriptions.csv").write_text(descriptions, encoding="utf-8")
        if attributes is not None:
            (tmp_path / "attributes.csv").write_text(attributes, encoding="utf-8")
        return tmp_path

    return write


def rows(blocks, *names) -> list[tuple]:
    tables = [records.table.select(names) for records in blocks]
    return [tuple(row.values()) for row in pa.concat_tables(tables).to_pylist()]


def faults(blocks) -> list[str]:
    return [str(fault) for records in blocks for fault in records.faults]


def test_judged_products_gather_what_three_files_say(folder):
    products = rows(read(folder()).products, "product_id", "title", "description", "brand", "color")
    assert products == [
        ("100002", "BEHR® Deck & Concrete Stain", "Covers “thin” boards.See all stains", "", "Grays"),
        ("100001", "Simpson Strong-Tie 12-Gauge Angle", "", "Simpson Strong-Tie", ""),
    ]


def test_attributes_may_be_absent(folder):
    products = rows(read(folder(attributes=None)).products, "product_id", "brand", "color")
    assert products == [("100002", "", ""), ("100001", "", "")]


@pytest.mark.parametrize(
    ("grade", "label"),
    [("1", "I"), ("1.33", "I"), ("1.5", "C"), ("1.67", "C"), ("2.00", "S"), ("2.33", "S"), ("2.5", "S"), ("2.67", "E")],
)
def test_mean_grades_become_labels(folder, grade, label):
    (judgements,) = read(folder(TRAIN.replace(",3\n", f",{grade}\n"))).judgements
    assert rows([judgements], "query", "product_id", "esci_label")[0] == ("angle bracket", "100001", label)


@pytest.mark.parametrize("grade", ["", "0.9", "3.01", "nan", "1e0", "2,5", "-2"])
def test_other_grades_are_named(folder, grade):
    path = folder(TRAIN.replace(",2.5\n", f',"{grade}"\n'))
    (judgements,) = read(path).judgements
    assert faults([judgements]) == [f"{path}/train.csv:3: relevance {grade!r} is not a number from 1 to 3"]
    assert judgements.table.num_rows == 2


def test_the_first_judgement_of_a_pair_counts(folder):
    dataset = read(folder(f'{TRAIN}10,100002,"x","deck  over ",3\n'))
    (judgements,) = dataset.judgements
    assert rows([judgements], "query", "esci_label")[2:] == [("deck over", "I")]
    assert dataset.left_out == {REPEATED: 1}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("train.csv", "id,product_uid\n1,2\n", "train.csv:1: column 'product_title' is missing"),
        ("product_descriptions.csv", "id\n1\n", "descriptions.csv:1: column 'product_uid' is missing"),
        ("attributes.csv", "product_uid,name\n1,2\n", "attributes.csv:1: column 'value' is missing"),
        ("attributes.csv", "product_uid,name,value\n1,2\n", "attributes.csv:2: 2 fields where the header has 3"),
        ("product_descriptions.csv", DESCRIPTIONS.replace("Covers", "\0"), "descriptions.csv:3: .* is not UTF-8"),
    ],
)
def test_damaged_files_are_refused(folder, tmp_path, name, text, message):
    path = folder()
    (path / name).write_bytes(text.encode().replace(b"\0", b"\xfe"))
    with pytest.raises(DataError, match=message):
        prepare("home_depot", path, tmp_path / "out")


def test_it_prepares(folder, tmp_path):
    lines = "".join(f'{n},{n % 7},"Title {n % 7}","term {n}",2.33\n' for n in range(40))
    prepared = prepare("home_depot", folder(f"{TRAIN}{lines}", attributes=None), tmp_path / "out")
    assert prepared.summary.products == 9
    assert sum(prepared.summary.queries.values()) == 43

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.data.adapters.eshop import read
from vitrine.data.adapters.eshop_needs import COMPLEMENTS, KINDS, SUBSTITUTES, SYNONYMS, kind_of
from vitrine.data.contract.rules import JudgementRules, ProductRules
from vitrine.errors import DataError


def entry(number: int, name: str, brand: str = "Fjell", description: str = "", **changes) -> dict:
    return {
        "Id": number,
        "Type": "Gear",
        "Brand": brand,
        "Name": name,
        "Description": description,
        "Price": 9.5,
    } | changes


SHOP = [
    entry(1, "Summit Backpack", description="A grey, waterproof pack."),
    entry(2, "Valley Backpack", brand="Tind"),
    entry(3, "Weekend Duffle Bag"),
    entry(4, "Storm Tent"),
    entry(5, "Racing Bike Helmet"),
]


@pytest.fixture
def folder(tmp_path):
    def write(entries):
        (tmp_path / "catalog.json").write_text(json.dumps(entries), encoding="utf-8")
        return tmp_path

    return write


def labels(dataset, query: str) -> dict[str, str]:
    table = dataset.judgements[0].table
    rows = zip(*(table[name].to_pylist() for name in ("query", "product_id", "esci_label")), strict=True)
    return {product: label for text, product, label in rows if text == query}


def test_products_keep_their_fields_and_gain_a_colour(folder):
    dataset = read(folder(SHOP))
    assert dataset.products[0].table.to_pylist()[0] == {
        "product_id": "eshop-1",
        "title": "Summit Backpack",
        "description": "A grey, waterproof pack.",
        "brand": "Fjell",
        "color": "gray",
        "category": "Gear",
        "image": "1.webp",
        "views": "",
        "price": "9.5",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("backpack", "EESCI"),
        ("rucksack", "EESCI"),
        ("fjell backpack", "ESSCI"),
        ("gray backpack", "ESSCI"),
        ("waterproof backpack", "ESSCI"),
        ("valley backpack", "SESCI"),
        ("bike helmet", "IIIIE"),
    ],
)
def test_labels_follow_the_rules(folder, query, expected):
    judged = labels(read(folder(SHOP)), query)
    assert "".join(judged[f"eshop-{number}"] for number in range(1, 6)) == expected


def test_a_query_is_asked_only_where_a_product_answers(folder):
    dataset = read(folder(SHOP))
    assert labels(dataset, "purple backpack") == {}
    assert labels(dataset, "tind tent") == {}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Pulse GPS Watch", "GPS watch"), ("Astro GPS Navigator", "GPS device"), ("Frost Boots", "hiking boots")],
)
def test_the_first_kind_that_a_name_says_counts(name, kind):
    assert kind_of(name) == kind


def test_the_tables_speak_of_known_kinds():
    named = {*SYNONYMS, *set().union(*SUBSTITUTES), *(kind for pair in COMPLEMENTS for kind in pair)}
    assert named <= set(KINDS)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (7, "7 is not an object with Id, Type, Brand, Name, Description, Price"),
        (entry(2, "Tent", Price=[9]), "Price '[9]' has the wrong type"),
        ({"Id": 2}, "Type '' is missing"),
        (entry(2, "Gift card"), "Name 'Gift card' is of no kind that the rules know"),
        (entry(2, "Tent", Brand="\ud800"), r"""Brand '"\\ud800"' has half of a surrogate pair"""),
    ],
)
def test_broken_entries_are_named_by_number(folder, broken, message):
    path = folder([SHOP[0], broken])
    (fault,) = read(path).products[0].faults
    assert str(fault) == f"{path}/catalog.json:2: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "not readable as JSON"), ("{}", "must hold a list of products"), ("[" * 100_000, "not readable as JSON")],
)
def test_other_files_are_refused(tmp_path, text, message):
    (tmp_path / "catalog.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.fixed_dictionaries({}, optional=dict.fromkeys(entry(0, ""), JSON))


@given(st.lists(FIELDS.map(lambda changes: entry(1, "Tent") | changes), max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_json_escapes_as_another_error(tmp_path, entries):
    (tmp_path / "catalog.json").write_text(json.dumps(entries))
    with suppress(DataError):
        dataset = read(tmp_path)
        ProductRules().admit(dataset.products[0])
        JudgementRules(set()).admit(dataset.judgements[0])

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.text import analysis
from vitrine.text.analysis import analyse, analyse_column, known_terms, word_counts


@pytest.mark.parametrize(
    ("spellings", "terms"),
    [
        (["RED MUG!!!", "ＲＥＤ　ＭＵＧ", "red,mug", "red/mug", "-red mugs"], ["red", "mug"]),
        (["Café", "cafe", "cafe\u0301s"], ["cafe"]),
        (["Straße Łódź", "STRASSE LODZ"], ["strass", "lodz"]),
        (["ёлка Ёлка", "елка ЕЛКА"], ["елка", "елка"]),
        (["450ml", "450 mL", "450-millilitre"], ["450", "450ml"]),
        (["5'6\"", "5 ft. 6 in.", "5ft 6 inches", "5 feet 6″"], ["5", "6", "5ft6inch"]),
        (["1-1/2 in.", '1½"', "1.5-inch", "1 1/2 inches"], ["1.5", "1.5inch"]),
        ([".5 in", "1/2 in", "0.5″"], ["0.5", "0.5inch"]),
        (["2 in 1", "2-in-1"], ["2in1"]),
        (["24x36", "24 x 36", "24×36"], ["24", "36"]),
        (["T-Shirt", "t shirts", "Ｔ–ｓｈｉｒｔ"], ["t", "shirt", "tshirt"]),
        (["state-of-art"], ["state", "of", "art", "stateofart"]),
        (["WH-1000XM4", "wh‑1000xm4"], ["wh", "1000xm4", "wh1000xm4"]),
        (["women's", "womens", "woman"], ["woman"]),
        (["赤いマク", "赤いﾏｸ"], ["赤い", "いマ", "マク", "ク"]),
        (["グカ", "ｸﾞｶ"], ["ク\u3099カ", "カ"]),
        (["茶"], ["茶"]),
        (["Lego™ Bricks®"], ["lego", "brick"]),
        (["?!", "", "☕", " . / ' "], []),
    ],
)
def test_spellings_of_one_thing_have_the_same_terms(spellings: list[str], terms: list[str]) -> None:
    assert analyse_column(pa.array(spellings)).to_pylist() == [terms] * len(spellings)


@pytest.mark.parametrize(
    ("measures", "term"),
    [
        (["450 ml", "0.45 l", "0,45 L", "45 cl", "0.4500 litre"], "450ml"),
        (["1.5 kg", "1500 grams", "1,500 g"], "1500g"),
        (["56 mm", "5.6cm", ".056 m"], "56mm"),
        (["2m", "200 cm", "2000mm", "2.0 metres"], "2000mm"),
        (["6 in", "6.0 in."], "6inch"),
    ],
)
def test_measures_of_one_size_are_one_term(measures: list[str], term: str) -> None:
    assert {analyse(measure)[-1] for measure in measures} == {term}


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("knife", "knives"), ("shelf", "shelves"), ("bookshelf", "bookshelves"), ("scarf", "scarves"),
        ("mouse", "mice"), ("foot", "feet"), ("man", "men"), ("child", "children"), ("box", "boxes"),
        ("glass", "glasses"), ("dress", "dresses"), ("watch", "watches"), ("brush", "brushes"), ("bus", "buses"),
        ("lens", "lenses"), ("glove", "gloves"), ("shoe", "shoes"), ("potato", "potatoes"), ("battery", "batteries"),
        ("cookie", "cookies"), ("tie", "ties"), ("bikini", "bikinis"), ("teapot", "teapots"), ("camera", "cameras"),
        ("cache", "caches"), ("axe", "axes"), ("case", "cases"), ("fly", "flies"), ("menu", "menus"),
    ],
)  # fmt: skip
def test_both_numbers_of_a_noun_are_one_term(singular: str, plural: str) -> None:
    assert analyse(singular) == analyse(plural)


@pytest.mark.parametrize(("word", "other"), [("glass", "glas"), ("cape", "cap"), ("tube", "tub"), ("news", "newt")])
def test_different_nouns_stay_different(word: str, other: str) -> None:
    assert analyse(word) != analyse(other)


@pytest.mark.parametrize(
    ("typed", "catalogue"),
    [
        ("tshirt", "t-shirt"), ("t-shirt", "tshirt"), ("sun-glasses", "sunglasses"), ("wh1000xm4", "WH-1000XM4"),
        ("wh1000 xm4", "WH-1000XM4"), ("rtx3080", "RTX 3080"), ("rtx 3080", "RTX3080"), ("pho56", "PHO-56"),
    ],
)  # fmt: skip
def test_joined_and_split_words_meet(typed: str, catalogue: str) -> None:
    assert set(analyse(typed)) & set(analyse(catalogue))


def test_a_term_is_known_by_itself_or_with_a_joined_form_of_it() -> None:
    assert known_terms("red xqzt", {"red"}) == [("red", True), ("xqzt", False)]
    assert known_terms("sun-glasses blue", {"sunglass"}, {"blue"}) == [("sun", True), ("glass", True), ("blue", True)]
    assert known_terms("?!", {"red"}) == []


def test_the_words_of_a_catalogue_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pa.chunked_array([["red mugs", None], ["Mug 450 ml", "T-shirt mugs"]])
    counts = {"red": 1, "mugs": 2, "mug": 1, "450": 1, "450ml": 1, "t": 1, "shirt": 1, "tshirt": 1}
    assert word_counts(texts) == counts
    monkeypatch.setattr(analysis, "ROWS", 2)
    assert word_counts(texts) == counts
    assert word_counts(pa.array([], pa.string())) == {}


def test_columns_of_every_layout_are_analysed() -> None:
    texts = ["Red mugs", None, "", "blue"]
    expected = [["red", "mug"], [], [], ["blue"]]
    for column in (pa.array(texts), pa.chunked_array([texts[:1], texts[1:]]), pa.array(texts, pa.large_string())):
        assert analyse_column(column).to_pylist() == expected
    assert analyse_column(pa.array([], pa.string())).to_pylist() == []
    assert analyse_column(pa.array(texts).slice(2)).to_pylist() == expected[2:]


@given(st.lists(st.text(), max_size=6))
def test_texts_are_analysed_by_themselves(texts: list[str]) -> None:
    assert analyse_column(pa.array(texts, pa.string())).to_pylist() == [analyse(text) for text in texts]


def test_a_lone_surrogate_is_a_space() -> None:
    assert analyse("red\ud800mug") == ["red", "mug"]
    assert known_terms("red \ud800", {"red"}) == [("red", True)]


@given(st.text())
def test_terms_are_neither_empty_nor_spaced(text: str) -> None:
    assert all(term and term.split() == [term] for term in analyse(text))


@given(st.text(alphabet=st.sampled_from("ab sx'-.,/\"12530~+éßかク\n") | st.characters(), max_size=40))
def test_a_short_text_has_the_terms_that_it_has_among_many(text: str):
    among_many = analysis.analyse_column(analysis.text_array([text, "x" * analysis.SHORT]))
    assert analyse(text) == among_many.to_pylist()[0]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitrine.rewriting.shop import VOCABULARY, rewrite, rules
from vitrine.rewriting.rewrite import Change
from vitrine.rewriting.spelling import Spelling, english_words

RULES = rules()


def corrected(query: str, **settings: object) -> str:
    return rewrite(query, forms=False, units=False, **settings).query


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lether case", "leather case"),
        ("guitar starp", "guitar strap"),
        ("drress, red!", "dress, red!"),
        ("phonecase", "phone case"),
        ("red dress es", "red dresses"),
        ("sof a", "sofa"),
    ],
)
def test_mistakes_become_words_of_the_catalogue(typed, meant):
    assert corrected(typed) == meant


@pytest.mark.parametrize(("typed", "meant"), [("Lether", "Leather"), ("LETHER", "LEATHER"), ("lether", "leather")])
def test_case_is_kept(typed, meant):
    assert corrected(typed) == meant


@pytest.mark.parametrize(
    "query",
    [
        "rtx3081",  # a model code
        "4711 10mm",
        "rad",  # short words have many neighbours
        "buy a hair",  # English, if not in the catalogue
        "mugs straps sofas",  # the other number
        "ｌｅａｔｈｅｒ",  # another form of its letters
        "tphone",  # as in tshirt
        "κασε",  # another alphabet
        "手机保护套手机",  # a script that writes without spaces
        "x" * 41,
    ],
)
def test_what_may_well_be_right_is_left_alone(query):
    assert corrected(query) == query


def test_english_words_are_mistakes_where_the_shop_says_so():
    assert corrected("hair", english=False) == "chair"


def test_a_short_word_is_corrected_by_a_letter_that_it_lacks():
    assert corrected("guitar stap cae") == "guitar strap case"


def test_english_words_that_are_rare_are_mistakes():
    assert {"buy", "hair"} < english_words()
    assert not {"ebon", "plying", "kitted"} & english_words()


def test_a_swap_in_a_word_that_the_catalogue_has_once_is_a_mistake_of_the_catalogue():
    spelling = Spelling({"chair": 40, "chiar": 1}, (), min_count=2, max_edits=1)
    assert spelling.correct("chiar")[0] == "chair"


@pytest.mark.parametrize(("word", "count"), [("chiar", 2), ("chairo", 1), ("arte", 1)])
def test_other_rare_words_of_the_catalogue_are_names(word, count):
    spelling = Spelling({"chair": 40, "rate": 40, word: count}, (), min_count=2, max_edits=1)
    assert spelling.correct(word)[0] == word


def test_a_correction_is_reported():
    assert rewrite("a drress and phonecase").changes == (
        Change("spelling", "drress", "dress"),
        Change("spelling", "phonecase", "phone case"),
    )


def test_a_typo_of_the_catalogue_is_no_candidate():
    assert Spelling({"strapp": 1}, (), min_count=2, max_edits=1).correct("strapx") == ("strapx", [])


def test_two_candidates_of_like_frequency_leave_the_word_alone():
    assert Spelling({"boots": 100, "books": 60}, (), 2, 1).correct("booxs") == ("booxs", [])
    assert Spelling({"boots": 100, "books": 50}, (), 2, 1).correct("booxs")[0] == "boots"


def test_a_swap_or_a_doubled_letter_is_likelier_than_another_frequent_word():
    vocabulary = {"cover": 10, "over": 1000, "back": 10, "black": 1000}
    assert Spelling(vocabulary, (), 2, 1).correct("ocver bback")[0] == "cover back"


def test_two_words_that_the_catalogue_usually_joins_become_one():
    counts = {"sunglasses": 5, "sun": 3, "glasses": 40}
    assert Spelling(counts, (), 2, 1).correct("red sun glasses")[0] == "red sunglasses"
    assert Spelling(counts, (), 2, 1).correct("sun, glasses")[0] == "sun, glasses"
    assert Spelling({**counts, "sun": 6}, (), 2, 1).correct("sun glasses")[0] == "sun glasses"


def test_halves_of_a_word_must_be_frequent():
    assert Spelling({"long": 9, "champ": 90}, (), 2, 1).correct("longchamp")[0] == "longchamp"


def test_two_wrong_letters_are_looked_for_where_asked_and_in_long_words():
    assert corrected("televicsions") == "televicsions"
    assert corrected("televicion", max_edits=2) == "television"
    assert corrected("telivicion", max_edits=2) == "television"
    assert corrected("soffy", max_edits=2) == "soffy"


def test_the_english_list_has_common_words():
    assert {"buy", "looking", "chairs"} <= english_words()


@given(st.lists(st.sampled_from([word for word in VOCABULARY if " " not in word]), max_size=30))
def test_a_query_of_known_words_is_never_changed(words):
    for query in (" ".join(words), ", ".join(words).upper()):
        assert not [change for change in RULES.apply(query).changes if change.kind == "spelling"]


@given(st.text(max_size=60), st.sampled_from([word for word in VOCABULARY if word.isalpha()]))
def test_a_known_word_stays_whatever_stands_around_it(around, word):
    before, after = around[:30], around[30:]
    changed = RULES.apply(f"{before}, {word}, {after}")
    assert f", {word}, " in changed.query


@pytest.mark.parametrize(
    ("catalogue", "typed"),
    [("teapot", "teapots"), ("knives", "knife"), ("boxes", "box"), ("café", "cafe"), ("mice", "mouse")],
)
def test_what_the_analysis_knows_is_left_alone(catalogue: str, typed: str):
    vocabulary = {catalogue: 5, f"{catalogue}x": 500, typed[:-1]: 500}
    assert Spelling(vocabulary, (), 2, 1).correct(typed) == (typed, [])


def test_a_mistake_becomes_the_form_that_the_catalogue_writes():
    assert Spelling({"teapot": 5}, (), 2, 1).correct("taepot")[0] == "teapot"
    assert Spelling({"cafetière": 5}, (), 2, 1).correct("cafetièrre")[0] == "cafetière"

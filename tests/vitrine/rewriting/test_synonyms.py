import pytest

from tests.vitrine.rewriting.shop import VOCABULARY, rewrite, written
from vitrine.errors import ConfigError
from vitrine.rewriting.rewrite import Change
from vitrine.rewriting.synonyms import MAX_BYTES, read_synonyms


@pytest.fixture
def replaced(tmp_path):
    """A function that replaces the synonyms of a query by the lines of a file."""

    def replace(query: str, *lines: str) -> str:
        return read_synonyms(written(tmp_path, *lines), VOCABULARY).replace(query)[0]

    return replace


def test_equal_words_become_the_catalogues_most_frequent_one(replaced):
    group = "settee, couch, sofa"  # the shop has more sofas than couches
    assert [replaced(query, group) for query in ("red settee", "Couch", "sofa")] == ["red sofa", "sofa", "sofa"]


def test_of_unknown_equal_words_the_first_counts(replaced):
    assert replaced("bbb", "aaa, bbb") == "aaa"


def test_one_way_rules_work_one_way(replaced):
    assert [
        replaced(query, "telly, tv set => television") for query in ("telly", "TV set", "tv-set", "television")
    ] == [
        "television",
        "television",
        "television",
        "television",
    ]
    assert replaced("television", "telly => television") == "television"


def test_the_longest_phrase_counts(replaced):
    assert replaced("a tv set, tv", "tv set => television", "tv => screen") == "a television, screen"


def test_punctuation_separates_phrases(replaced):
    assert replaced("tv, set", "tv set => television") == "tv, set"


def test_rules_are_followed_to_the_end(replaced):
    assert replaced("a", "a => b", "b => c", "c, d") == "c"


def test_a_replacement_that_holds_what_it_replaces_is_made_once(replaced):
    assert [replaced(query, "tv => tv set") for query in ("tv", "tv set")] == ["tv set", "tv set"]


def test_replacements_keep_their_punctuation(replaced):
    assert replaced("tee", "tee => T-Shirt") == "T-Shirt"


def test_comments_empty_lines_and_a_byte_order_mark_are_passed_over(tmp_path):
    path = tmp_path / "synonyms.txt"
    path.write_bytes("\ufeff# comment\r\n\r\ntelly => television # here\r\n".encode())
    assert read_synonyms(path, {}).replace("telly") == ("television", [Change("synonym", "telly", "television")])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["", "sofa"], r"synonyms\.txt:2: expected `a, b` \(equal\) or `a => b` \(one way\), found 'sofa'"),
        (["sofa, "], r":1: a phrase has one to 5 words, and '' has 0"),
        (["telly =>"], r":1: a phrase has one to 5 words"),
        (["a => b, c"], r":1: .* only one phrase may stand after =>"),
        (["a b c d e f => g"], r":1: a phrase has one to 5 words, and 'a b c d e f' has 6"),
        (["a => b", "A => c"], r":2: 'a' is in line 1 already"),
        (["x, y", "a => b", "b => c", "c => a"], r":2: goes round in a circle: a => b => c => a"),
        ([f"a{number} => a{number + 1}" for number in range(20)], r":1: 'a0' leads through more than 10 rules"),
    ],
)
def test_errors_name_file_and_line(tmp_path, lines, message):
    with pytest.raises(ConfigError, match=message):
        read_synonyms(written(tmp_path, *lines), {})


def test_a_file_that_is_missing_too_large_or_not_text_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.txt: No such file"):
        read_synonyms(tmp_path / "nothing.txt", {})
    path = tmp_path / "synonyms.txt"
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger than 4 MiB"):
        read_synonyms(path, {})
    path.write_bytes(b"a, b\n\xff, c\n")
    with pytest.raises(ConfigError, match=r":2: not UTF-8"):
        read_synonyms(path, {})


def test_words_of_the_file_are_no_spelling_mistakes(tmp_path):
    path = written(tmp_path, "phonee => phone")
    assert rewrite("phonee", synonyms=path).changes == (Change("synonym", "phonee", "phone"),)

import pyarrow as pa
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.text.analysis import analyse_column, apply_rules
from vitrine.text.folding import fold as library_fold
from vitrine.text.graph_analysis import analyse, fold, remove_inflection
from vitrine.text.rules import TERM_RULES

SCRIPTS = st.characters(codec="utf-8")
SHOP = st.sampled_from(
    ["t-shirt", "WH-1000XM4", "0.45 l", "5'6\"", "1/2", "in.", "½", "24x36", "2-in-1", "マグｶｯﾌﾟ", "Straße", "ies", "'s",
     "1,000", "kg", " ", "-", ".", "/", "\u3099", "\U00020000", "\U000e0061", "\x00", "\n", "boxes", "+", "~", "<", ">"]
)  # fmt: skip
TEXTS = st.lists(st.lists(SCRIPTS | SHOP, max_size=12).map("".join), min_size=1, max_size=8)


GRAPH = tf.function(analyse, input_signature=[tf.TensorSpec([None], tf.string)])


def graph_terms(*texts: str | bytes) -> list[list[str]]:
    return [[term.decode() for term in row] for row in GRAPH(tf.constant(texts)).to_list()]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_graph_and_the_library_give_the_same_terms(texts: list[str]) -> None:
    assert graph_terms(*texts) == analyse_column(pa.array(texts)).to_pylist()


ENDINGS = st.sampled_from(
    ["", "s", "es", "ies", "ie", "ves", "che", "xe", "sse", "feet", "teeth", "ice", "men", "children"]
)
NOUNS = st.tuples(st.text("abcdefghiklmnostvxyz9é"), ENDINGS).map("".join)


@settings(max_examples=100, deadline=None)
@given(st.lists(NOUNS, min_size=1))
def test_inflection_is_removed_alike(words: list[str]) -> None:
    graph = [word.decode() for word in remove_inflection(tf.constant(words)).numpy()]
    assert graph == apply_rules(TERM_RULES, pa.array(words)).to_pylist()


def test_every_character_is_folded_alike() -> None:
    characters = [chr(code) for code in range(0x20100) if not 0xD800 <= code < 0xE000]
    assert fold(tf.constant(characters)).numpy().tolist() == [library_fold(text).encode() for text in characters]


def test_invalid_bytes_do_not_stop_the_batch() -> None:
    assert graph_terms(b"mug \xff\xfe red", b"mugs") == [["mug", "red"], ["mug"]]


def test_a_served_model_needs_core_operations_only() -> None:
    graph = GRAPH.get_concrete_function().graph
    operations = {operation.type for operation in graph.get_operations()}
    assert {"UnicodeDecode", "StaticRegexReplace", "UnicodeEncode", "StringSplitV2"} <= operations
    assert not {name for name in operations if "PyFunc" in name}
    assert {"RegexSplitWithOffsets", "CaseFoldUTF8", "NormalizeUTF8"}.isdisjoint(operations)

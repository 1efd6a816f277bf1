import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from vitrine.encoders.tokenization.pairs import longest_first

lengths = st.integers(0, 12)


@given(left=lengths, right=lengths, room=st.integers(1, 16))
def test_the_longer_text_is_cut_as_the_library_does(left: int, right: int, room: int) -> None:
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing("$A", "$A $B", [])
    tokenizer.enable_truncation(room, strategy="longest_first")
    ids = tokenizer.encode("a " * left, "b " * right).ids
    kept = longest_first(tf.constant([left]), tf.constant([right]), room)
    assert [int(each[0]) for each in kept] == [ids.count(0), ids.count(1)]

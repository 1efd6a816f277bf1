import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vitrine.text.plain_text import plain_text


def plain(*texts: str) -> list[str]:
    return plain_text(pa.chunked_array([pa.array(texts, pa.string())])).to_pylist()


@pytest.mark.parametrize(
    ("published", "text"),
    [
        ("<p>Red <b>mug</b></p><br/>Holds&nbsp;300&nbsp;ml", "Red mug Holds 300 ml"),
        ("Black &amp; Decker &quot;Pro&quot; 5&#39; &trade;", 'Black & Decker "Pro" 5\' ™'),
        ("Mug &Amp; Saucer&Nbsp;Set, kid&39;s", "Mug & Saucer Set, kid's"),
        ("Before<!-- a comment\nof two lines -->after", "Before after"),
        ("<style>.a { color: red }</style>Mug<script>alert(1)</script>", "Mug"),
        (
            "Color: White\n*{margin:0;padding:0;}\n.Pa_head\n{ width: 100% }\n#box{}\nMini projector",
            "Color: White Mini projector",
        ),
        ("ul,dl,li{list-style: none;margin:0}/* old\nbrowsers */Mug", "Mug"),
        ("  Red\t\n\u00a0 mug\u200b ", "Red mug"),
        ("less than < 5 kg and > 2 kg", "less than < 5 kg and > 2 kg"),
        ("{Limited} edition", "{Limited} edition"),
        ("", ""),
    ],
)
def test_what_shops_publish_becomes_plain_text(published, text):
    assert plain(published) == [text]


@example(["a\u1680b\u205fc"])
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), max_size=4))
def test_any_texts_become_as_many_single_lines(texts):
    cleaned = plain(*texts)
    assert len(cleaned) == len(texts)
    assert all(text == " ".join(text.split()) for text in cleaned)

import html

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from markdown_text import escape_markdown

marked = st.text(alphabet=r"""\`*_{}[]()<>#+-.!|$~:&;/"'= a1h""", min_size=1)


@given(marked)
def test_no_mark_is_read_as_markdown(text: str) -> None:
    shown = MarkdownIt("commonmark").enable("strikethrough").renderInline(escape_markdown(text))
    assert html.unescape(shown).strip() == text.strip()
    assert "<" not in shown


def test_a_title_cannot_load_an_image() -> None:
    assert "<img" not in MarkdownIt().render(escape_markdown("![mug](http://127.0.0.1/a.png)"))

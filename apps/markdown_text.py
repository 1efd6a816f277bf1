"""Escaping of text for Streamlit, which renders everything as Markdown."""

import re
from typing import Final

_MARKS: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&])")


def escape_markdown(text: str) -> str:
    """Escape a text so that it is shown as it is: as Markdown, a product's title could load an image from anywhere."""
    return _MARKS.sub(r"\\\1", text)

"""Text for Streamlit, which reads everything as Markdown."""

import re
from typing import Final

_MARKS: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~:&])")


def plain(text: str) -> str:
    """Text that is shown as it is: as Markdown, a product's title could load a picture from anywhere."""
    return _MARKS.sub(r"\\\1", text)

"""Figures as the bytes of PNG files."""

from io import BytesIO
from typing import Final

from matplotlib.figure import Figure

_DOTS_PER_INCH: Final = 100


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as a PNG file, the same bytes for the same figure."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return file.getvalue()

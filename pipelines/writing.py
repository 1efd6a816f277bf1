"""Small files that a killed run must not leave half-written."""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write `path` beside its place and move it there: whoever reads it finds the old text or the new one."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)

"""Categories as paths of a taxonomy: `Clothing > Shoes > Boots`. Imports nothing."""

from typing import Final

SEPARATOR: Final = " > "


def normalised(category: str) -> str:
    """Return a category with its levels trimmed: `A>B ` becomes `A > B`, and a blank one ""."""
    return SEPARATOR.join(level for part in category.split(SEPARATOR.strip()) if (level := " ".join(part.split())))


def ancestors(category: str) -> list[str]:
    """Return the category of each level, from the root to the category itself."""
    levels = category.split(SEPARATOR)
    return [SEPARATOR.join(levels[: depth + 1]) for depth in range(len(levels))]

"""A small shop: texts of its catalogue, and a synchronous function that rewrites a query."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from vitrine.rewriting.rewrite import Rewrite
from vitrine.rewriting.rules import Rules, build_rules
from vitrine.rewriting.settings import RulesSettings
from vitrine.text.words import vocabulary_of

TEXTS = [
    "Red cotton dress, size M",
    "Elegant dresses by Fernhale",
    "Phone case, 6.1 inch",
    "Leather case for a phone",
    "Television, 55 inch, 4K",
    "Sofa in grey velvet",
    "Couch potato sofa, 2.1 m",
    "Travel mug 500 ml",
    "Guitar strap in leather",
    "Chair with a strap",
    "Graphics card RTX3080",
] * 20

VOCABULARY = vocabulary_of(TEXTS)


def rules(vocabulary: Mapping[str, int] = VOCABULARY, **settings: object) -> Rules:
    return build_rules(RulesSettings.model_validate(settings), vocabulary)


def rewrite(query: str, **settings: object) -> Rewrite:
    return asyncio.run(rules(**settings).rewrite(query))


def written(folder: Path, *lines: str) -> Path:
    """Write a file of synonyms."""
    path = folder / "synonyms.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path

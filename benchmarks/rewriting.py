"""Benchmark of query rewriting by rules: cost and quality.

    python -m benchmarks.rewriting [--data DIR ...] [--words N ...] [--json FILE]

* Cost: the time to count the words of 100,000 texts of 20 made-up words and to prepare such a vocabulary, the resident
  memory for it (in a process of its own), and the time of a query: four known words, the same with one letter wrong,
  and 1,000 characters of misspelt words.
* Quality, on a dataset's own catalogue: words drawn by frequency, with one letter deleted, inserted, replaced or
  swapped with the next; the dataset's queries; the catalogue's titles; and titles of products that are not part of the
  vocabulary, which have many unknown names.

Times are processor time of one thread.
"""

import argparse
import json
import random
import string
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from vitrine.data.columns import PRODUCT_TEXT, QUERY
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.rewriting.rules import Rules, build_rules
from vitrine.rewriting.settings import RulesSettings
from vitrine.rewriting.spelling import SHORTEST, english_words
from vitrine.text.words import vocabulary_of

QUERIES = 2000
LONG_QUERIES = 50
TYPOS = 5000
TEXTS = 100_000


def cost(count: int, max_edits: int) -> dict[str, Any]:
    """Build rules for `count` words, and time queries."""
    draw = random.Random(0)  # noqa: S311
    words = made_up_words(count, draw)
    vocabulary = {word: 2 + count // rank for rank, word in enumerate(words, 1)}
    texts = pa.array(" ".join(draw.choices(words, k=20)) for _ in range(TEXTS))
    started = time.process_time()
    vocabulary_of(texts)
    count_seconds = time.process_time() - started
    settings = RulesSettings(max_edits=max_edits)
    before, started = resident_mib(), time.process_time()
    rules = build_rules(settings, vocabulary)
    build_seconds, build_mib = time.process_time() - started, resident_mib() - before
    known = [" ".join(draw.choices(words[:5000], k=4)) for _ in range(QUERIES)]
    long = [" ".join(misspell(word, draw) for word in draw.choices(words, k=200))[:1000] for _ in range(LONG_QUERIES)]
    return {
        "words": count,
        "max_edits": max_edits,
        "count_seconds": count_seconds,
        "build_seconds": build_seconds,
        "build_mib": build_mib,
        "known_us": microseconds(rules, known),
        "typo_us": microseconds(rules, [misspell(query, draw) for query in known]),
        "long_us": microseconds(rules, long),
    }


def made_up_words(count: int, draw: random.Random) -> list[str]:
    """Return English words and combinations of their beginnings and ends, in random order."""
    english = sorted(word for word in english_words() if word.isalpha() and len(word) > 1)
    draw.shuffle(english)
    words = dict.fromkeys(english[:count])
    while len(words) < count:
        start, end = draw.choices(english, k=2)
        words[start[: draw.randint(2, 5)] + end[-draw.randint(2, 5) :]] = None
    shuffled = list(words)
    draw.shuffle(shuffled)
    return shuffled


def misspell(text: str, draw: random.Random) -> str:
    """Return a text of two letters or more with one letter wrong."""
    at, letter = draw.randrange(len(text) - 1), draw.choice(string.ascii_lowercase)
    variants = (
        text[:at] + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + letter + text[at + 1 :],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
    )
    return draw.choice(variants)


def microseconds(rules: Rules, queries: list[str]) -> float:
    """Return the mean time of a query."""
    started = time.process_time()
    for query in queries:
        rules.apply(query)
    return (time.process_time() - started) / len(queries) * 1e6


def resident_mib() -> float:
    """Return the resident memory of this process, on Linux."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def quality(data: Path, max_edits: int) -> dict[str, Any]:
    """Measure corrections on a dataset's words, queries and unseen titles."""
    draw = random.Random(0)  # noqa: S311
    settings = RulesSettings(max_edits=max_edits)
    products = read_catalogue(data)
    texts = product_words(products)
    vocabulary = vocabulary_of(texts)
    rules = build_rules(settings, vocabulary)
    queries = {query for split in ("train", "eval") for query in read_judgements(data, split)[QUERY].to_pylist()}
    changed = [rules.apply(query) for query in sorted(queries)]
    rows = list(range(len(products)))
    draw.shuffle(rows)
    half = len(rows) // 2
    half_rules = build_rules(settings, vocabulary_of(texts.take(rows[:half])))
    titles = products["title"].to_pylist()
    return {
        "data": data.name,
        "max_edits": max_edits,
        "products": len(products),
        "vocabulary": len(vocabulary),
        "typos": outcomes(rules, vocabulary, draw),
        "queries": len(queries),
        "changed": [
            [[change.before, change.after] for change in rewrite.changes] for rewrite in changed if rewrite.changes
        ],
        "titles_changed": count_corrected(rules, titles),
        "unseen_titles": len(rows[half:]),
        "unseen_changed": count_corrected(half_rules, [titles[row] for row in rows[half:]]),
    }


def count_corrected(rules: Rules, titles: list[str]) -> int:
    """Count the titles with a word that would be corrected."""
    return sum(any(change.kind == "spelling" for change in rules.apply(title).changes) for title in titles)


def product_words(products: pa.Table) -> pa.ChunkedArray:
    """Return the text of each product."""
    return pc.binary_join_element_wise(*(pc.fill_null(products[name], "") for name in PRODUCT_TEXT), " ")


def outcomes(rules: Rules, vocabulary: dict[str, int], draw: random.Random) -> dict[str, float]:
    """Return the shares of typos by outcome: corrected, wrongly changed, left, or left because they are words."""
    english = english_words()
    words = {
        word: count
        for word, count in vocabulary.items()
        if count > 1 and len(word) >= SHORTEST and word.isalpha() and word.isascii()
    }
    counts: Counter[str] = Counter()
    for word in draw.choices(list(words), list(words.values()), k=TYPOS):
        while (typo := misspell(word, draw)) == word:
            pass
        answer = rules.apply(typo).query
        if answer == word:
            counts["corrected"] += 1
        elif answer != typo:
            counts["wrong"] += 1
        else:
            counts["a word itself" if typo in vocabulary or typo in english else "left"] += 1
    return {kind: counts[kind] / TYPOS for kind in ("corrected", "wrong", "left", "a word itself")}


def report(costs: list[dict[str, Any]], qualities: list[dict[str, Any]]) -> None:
    """Print two tables."""
    table = Table(
        "words", "edits", "count, s", "build, s", "MiB", "known, µs", "typo, µs", "1,000 characters, µs", title="Cost"
    )
    for row in costs:
        times = [f"{row[name]:,.0f}" for name in ("build_mib", "known_us", "typo_us", "long_us")]
        seconds = [f"{row[name]:.1f}" for name in ("count_seconds", "build_seconds")]
        table.add_row(f"{row['words']:,}", str(row["max_edits"]), *seconds, *times)
    Console().print(table)
    kinds = ("corrected", "wrong", "left", "a word itself")
    table = Table(
        "data", "edits", *kinds, "queries changed", "titles changed", "unseen titles changed", title="One letter wrong"
    )
    for row in qualities:
        shares = [f"{row['typos'][kind]:.1%}" for kind in kinds]
        queries = f"{len(row['changed'])} of {row['queries']}"
        titles = f"{row['titles_changed']} of {row['products']}"
        unseen = f"{row['unseen_changed']} of {row['unseen_titles']}"
        table.add_row(row["data"], str(row["max_edits"]), *shares, queries, titles, unseen)
    Console().print(table)
    for row in qualities:
        corrections = (f"{before} → {after}" for changes in row["changed"] for before, after in changes)
        Console().print(
            f"{row['data']}, {row['max_edits']} edits, {row['vocabulary']:,} words: {', '.join(corrections)}"
        )


def main() -> None:
    """Measure, print the tables, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", default=[Path("data/sample")], metavar="DIR")
    parser.add_argument("--words", type=int, nargs="+", default=[20_000, 200_000], metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to FILE as well")
    arguments = parser.parse_args()
    costs = []
    for words in arguments.words:
        for edits in (1, 2):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                costs.append(fresh.submit(cost, words, edits).result())
    qualities = [quality(data, edits) for data in arguments.data for edits in (1, 2)]
    report(costs, qualities)
    if arguments.json:
        arguments.json.write_text(json.dumps({"cost": costs, "quality": qualities}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()

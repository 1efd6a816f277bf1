"""Suggestions at the size of ESCI's products: time of an answer, of indexing and of reading the log, and memory.

    python -m benchmarks.suggest [--products N] [--queries N] [--users N]

Titles, brands, categories and queries are drawn from words with Zipf's frequencies. Each query was searched and clicked
by a number of users, who are in an event log. Beginnings are those of queries and titles, from one character on; every
third has an error: a letter more, less, changed, or swapped with the next one.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import orjson
import psutil
import pyarrow as pa

from benchmarks.figures import percentile
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.suggesting.phrases import indexed_phrases
from vitrine.gateway.suggesting.searched import successful_queries
from vitrine.text.inflection import Vocabulary

PRODUCTS: Final = 177_519
QUERIES: Final = 100_000
USERS: Final = 5
WORDS: Final = 40_000
BRANDS: Final = 8_000
CATEGORIES: Final = 400
TYPED: Final = 3_000
LIMIT: Final = 8
SEED: Final = 7
SYLLABLES: Final = [
    consonant + vowel + end for consonant in "bcdfghklmnprstvw" for vowel in "aeiou" for end in ("", "n", "r", "s")
]


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--queries", type=int, default=QUERIES)
    parser.add_argument("--users", type=int, default=USERS, help="users of each query")
    arguments = parser.parse_args()
    random = np.random.default_rng(SEED)
    words = vocabulary(random)
    titles = phrases(random, words, arguments.products, 6, 16)
    queries = list(dict.fromkeys(phrases(random, words, 2 * arguments.queries, 1, 5)))[: arguments.queries]
    products = ProductTable(catalogue(random, words, titles))
    terms = Vocabulary.of(products.texts()).terms
    with tempfile.TemporaryDirectory() as folder:
        write_log(Path(folder), queries, arguments.users)
        started = time.perf_counter()
        searched = successful_queries(Path(folder), 0.0, arguments.users)
        reading = time.perf_counter() - started
    before = psutil.Process().memory_info().rss
    started = time.perf_counter()
    found = indexed_phrases(products, terms, searched.drop_columns("catalogue"))
    indexing = time.perf_counter() - started
    after = psutil.Process().memory_info().rss
    typed = beginnings(random, [*queries[: TYPED // 2], *titles[: TYPED // 2]])
    none, seconds, processor = 0, [], []
    for text in typed:
        started, used = time.perf_counter(), time.thread_time()
        none += not found.index.complete(text, LIMIT)
        seconds.append(time.perf_counter() - started)
        processor.append(time.thread_time() - used)
    figures = {
        "products": arguments.products,
        "distinct queries": len(queries),
        "events": 2 * len(queries) * arguments.users,
        "phrases": len(found.texts),
        "beginnings": len(typed),
        "without suggestions": none,
        "p50 ms": round(percentile(seconds, 0.5) * 1000, 2),
        "p95 ms": round(percentile(seconds, 0.95) * 1000, 2),
        "p99 ms": round(percentile(seconds, 0.99) * 1000, 2),
        "p50, p95, p99 ms of processor time": [round(percentile(processor, p) * 1000, 2) for p in (0.5, 0.95, 0.99)],
        "reading the log s": round(reading, 1),
        "indexing s": round(indexing, 1),
        "index MiB": round((after - before) / 2**20),
        "highest MiB of the process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(figures, indent=2))


def vocabulary(random: np.random.Generator) -> list[str]:
    """Return distinct words, the most frequent first."""
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(random.choice(SYLLABLES, random.integers(1, 5)))] = None
    return list(words)


def phrases(random: np.random.Generator, words: list[str], count: int, fewest: int, most: int) -> list[str]:
    """Return phrases of `fewest` to `most` words."""
    lengths = random.integers(fewest, most + 1, count)
    ranks = np.minimum(random.zipf(1.2, int(lengths.sum())), len(words)) - 1
    ends = np.cumsum(lengths)
    return [
        " ".join(words[rank] for rank in ranks[end - length : end])
        for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)
    ]


def catalogue(random: np.random.Generator, words: list[str], titles: list[str]) -> pa.Table:
    """Return a catalogue with these titles."""
    brands = np.array([word.capitalize() for word in words[-BRANDS:]])
    categories = np.array([f"{words[place % 20]} > {words[1000 + place]}" for place in range(CATEGORIES)])
    count = len(titles)
    return pa.table(
        {
            "product_id": [f"p{row}" for row in range(count)],
            "title": titles,
            "brand": brands[np.minimum(random.zipf(1.3, count), BRANDS) - 1],
            "category": categories[random.integers(0, CATEGORIES, count)],
        }
    )


def write_log(directory: Path, queries: list[str], users: int) -> None:
    """Write an event log in which each query was clicked by `users` users."""
    now = time.time()
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    with (directory / f"events-{day}-{'0' * 16}.jsonl").open("wb") as file:
        for number, query in enumerate(queries):
            for user in range(users):
                request = f"{number}-{user}"
                search = SearchEvent(
                    time=now, request_id=request, user=f"u{number}-{user}", catalogue="shop", query=query, total=24,
                    product_ids=[f"p{place}" for place in range(24)],
                )  # fmt: skip
                feedback = FeedbackEvent(time=now, request_id=request, user=f"u{number}-{user}", product_id="p0")
                file.write(orjson.dumps(search, option=orjson.OPT_APPEND_NEWLINE))
                file.write(orjson.dumps(feedback, option=orjson.OPT_APPEND_NEWLINE))


def beginnings(random: np.random.Generator, texts: list[str]) -> list[str]:
    """Return a beginning of each text, every third with an error."""
    found = (text[: random.integers(1, min(len(text), 24) + 1)] for text in texts)
    return list(with_errors(random, found))


def with_errors(random: np.random.Generator, typed: Iterator[str]) -> Iterator[str]:
    """Yield beginnings, every third with an error behind its first character."""
    for number, text in enumerate(typed):
        if number % 3 or len(text) < 3:
            yield text
            continue
        place = int(random.integers(1, len(text)))
        letter = "abcdefghijklmnopqrstuvwxyz"[random.integers(26)]
        before, after = text[:place], text[place + 1 :]
        swapped = before + after[:1] + text[place] + after[1:]
        yield [before + after, before + letter + after, before + letter + text[place:], swapped][random.integers(4)]


if __name__ == "__main__":
    main()

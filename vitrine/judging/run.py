"""Judging of a catalogue's pools by a language model, and measurement of its agreement with people."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import pyarrow as pa
import pyarrow.compute as pc

from vitrine import progress
from vitrine.data.columns import PRODUCT_ID, SOURCE
from vitrine.data.contract.files import Split, Summary, check, further_columns, read_catalogue, read_judgements
from vitrine.data.contract.judges import PEOPLE, judge_of
from vitrine.errors import DataError
from vitrine.judging.agreement import Agreement, agreement, judged_pools
from vitrine.judging.judge import Judge, Spent
from vitrine.judging.label_cache import label_cache
from vitrine.judging.pooling import Pool, pools
from vitrine.judging.queries import generated_queries, given_queries
from vitrine.judging.requests import product_texts, requests
from vitrine.judging.settings import JudgingSettings
from vitrine.judging.span import read_earlier, without_judged, write_span
from vitrine.judging.writing import judgements, require_own, write
from vitrine.language_models.endpoint import Endpoint

SECTION: Final = "endpoint"
"""The settings' section of the endpoint, for messages."""


@dataclass(frozen=True)
class Sources:
    """The files that a command reads, and the one that keeps labels.

    Attributes:
        data: A data folder with a catalogue.
        cache: The file of the labels.
        serving: The serving directory of a run, whose search adds candidates; None for BM25 alone.
        queries: A file of queries; None for those that rules derive.
    """

    data: Path
    cache: Path
    serving: Path | None = None
    queries: Path | None = None


@dataclass(frozen=True)
class Judged:
    """The outcome of a command: `pairs` of `queries`, of which `judged` have a label; and the calls that it took.

    `summary` counts the written data folder; None if nothing was written. `agreement` is that with people, if measured.
    """

    model: str
    queries: int
    pairs: int
    judged: int
    spent: Spent
    summary: Summary | None = None
    agreement: Agreement | None = None


def judge(
    sources: Sources, settings: JudgingSettings, output: Path, environment: Mapping[str, str] = os.environ
) -> Judged:
    """Have the pools of all queries judged, and write them as the judgements of the data folder `output`.

    An output beside `sources.data` also gets the catalogue. Where the budget ends before both splits have judgements,
    nothing is written, and the next command continues.

    Raises:
        ConfigError: The API key is missing.
        DataError: A file breaks the contract, nothing is found, or `output` is not to be written.
        NetworkError: The endpoint fails or gives no usable answers.
    """
    _may_write(sources.data, output)
    endpoint = Endpoint(settings.endpoint, environment, SECTION)
    catalogue = read_catalogue(sources.data, further_columns(sources.data))
    pooled = _pooled(sources, settings, catalogue)
    table, spent = _label(pooled, catalogue, sources.cache, settings, endpoint)
    written = write(output, table, catalogue if output.resolve() != sources.data.resolve() else None)
    if not written and not spent.stopped:
        raise DataError(
            f"the {table.num_rows:,} judgements are all in one split, and both need some; give more queries"
        )
    summary = check(output) if written else None
    pairs = sum(len(pool.products) for pool in pooled)
    return Judged(settings.endpoint.model, len(pooled), pairs, table.num_rows, spent, summary)


def judge_span(sources: Sources, settings: JudgingSettings, environment: Mapping[str, str] = os.environ) -> Judged:
    """Have the pools' products judged that neither people nor a language model have judged, as a span of the folder.

    The next span of judgements of `sources.data` gets what has a label; without any, nothing is written.

    Raises:
        ConfigError, DataError, NetworkError: As `judge`.
    """
    endpoint = Endpoint(settings.endpoint, environment, SECTION)
    catalogue, earlier = read_catalogue(sources.data), read_earlier(sources.data)
    pooled = without_judged(_pooled(sources, settings, catalogue), earlier)
    table, spent = _label(pooled, catalogue, sources.cache, settings, endpoint)
    if table.num_rows:
        write_span(sources.data, table, earlier)
    summary = check(sources.data) if table.num_rows else None
    pairs = sum(len(pool.products) for pool in pooled)
    return Judged(settings.endpoint.model, len(pooled), pairs, table.num_rows, spent, summary)


def measure_agreement(
    sources: Sources, settings: JudgingSettings, environment: Mapping[str, str] = os.environ
) -> Judged:
    """Have pairs judged that people have judged in the data folder, and compare the labels. No judgements are written.

    Raises:
        ConfigError, DataError, NetworkError: As `judge`; DataError also if people have judged nothing.
    """
    endpoint = Endpoint(settings.endpoint, environment, SECTION)
    catalogue = read_catalogue(sources.data)
    products = set(catalogue[PRODUCT_ID].to_pylist())
    both = pa.concat_tables([read_judgements(sources.data, split, products) for split in get_args(Split)])
    theirs = [source for source in both[SOURCE].unique().to_pylist() if judge_of(source) == PEOPLE]
    people = both.filter(pc.is_in(both[SOURCE], value_set=pa.array(theirs, pa.string())))
    if not people.num_rows:
        raise DataError(f"{sources.data}: none of its {both.num_rows:,} judgements is by people, to agree with")
    pooled = judged_pools(people, settings.queries)
    table, spent = _label(pooled, catalogue, sources.cache, settings, endpoint)
    pairs = sum(len(pool.products) for pool in pooled)
    found = agreement(people, table)
    return Judged(settings.endpoint.model, len(pooled), pairs, table.num_rows, spent, agreement=found)


def _pooled(sources: Sources, settings: JudgingSettings, catalogue: pa.Table) -> list[Pool]:
    if sources.queries:
        queries = given_queries(sources.queries)
    else:
        queries = generated_queries(catalogue, settings.queries, sources.data)
    pooled = pools(catalogue, queries, settings.candidates, sources.serving)
    if not pooled:
        raise DataError(f"{sources.data}: no product is found for any of {len(queries):,} queries")
    return pooled


def _label(
    pooled: Sequence[Pool], catalogue: pa.Table, path: Path, settings: JudgingSettings, endpoint: Endpoint
) -> tuple[pa.Table, Spent]:
    texts = product_texts(
        catalogue, {product for pool in pooled for product in pool.products}, settings.description_characters
    )
    with label_cache(path, settings.endpoint.model) as cache:
        asked = list(requests(pooled, texts, cache, settings))
        products = sum(len(request.products) for request in asked)
        progress.note(f"{len(pooled):,} queries: {products:,} products to judge in {len(asked):,} requests")
        spent = asyncio.run(Judge(settings, endpoint, cache).label(asked))
        return judgements(pooled, texts, cache, settings.endpoint.model), spent


def _may_write(data: Path, output: Path) -> None:
    require_own(output)
    is_foreign = output.resolve() != data.resolve() and not (output / "judgements").is_dir()
    if is_foreign and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise DataError(f"{output} holds something that `vitrine judge` did not write; choose another output")

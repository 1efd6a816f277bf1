"""The shop of the gateway's tests, pushed, with judgements of its own queries, and an engine over it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from tests.vitrine.gateway.conftest import push_shop
from tests.vitrine.search import shop
from vitrine.audit.data import AuditData, read_index
from vitrine.audit.gateway_target import GatewayTarget
from vitrine.data import columns

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The serving directory of the shop. Never changed."""
    return push_shop(tmp_path_factory.mktemp("audited"), {})


@pytest.fixture(scope="session")
def held_out() -> pa.Table:
    """One query for each of twelve products, which is the only relevant one."""
    pairs = [
        (f"{colour} {thing}", f"{colour}-{thing}") for colour in ("red", "green", "blue") for thing in shop.THINGS[:4]
    ]
    rows = [(f"q{number:02}", query, product, "E", "") for number, (query, product) in enumerate(pairs)]
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(columns.JUDGEMENTS)})


@pytest.fixture(scope="session")
def data(serving: Path, held_out: pa.Table) -> AuditData:
    """The shop's index, with the held-out queries."""
    return read_index(serving / "index" / "1", held_out)


@pytest.fixture(scope="session")
def target(serving: Path) -> Iterator[GatewayTarget]:
    """A gateway over the shop, in this process."""
    from vitrine.audit.local_target import local_target

    with local_target(serving) as engine:
        yield engine

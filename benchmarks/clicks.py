"""Judgements learnt from clicks of simulated users, against the labels that decided about the clicks.

`python -m benchmarks.clicks --data data/sample --output runs/clicks`: for each user model, and with programs among the
users, the log is written and learnt from. nDCG@10 ranks the products that were shown for each query, by true labels: as
they were shown, by raw click-through rates, and by the learnt relevance. `--impressions N` also times a log of N.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from vitrine.clicks.filters import leave_out
from vitrine.clicks.judged import pairs_of
from vitrine.clicks.learning import Sources, learn
from vitrine.clicks.reading import read_log
from vitrine.clicks.relevance import learn_relevance
from vitrine.clicks.settings import LearningSettings
from vitrine.clicks.simulation.events import write_events
from vitrine.clicks.simulation.searches import Rank, Truth, browse, plan
from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.clicks.simulation.truth import lexical_ranking, read_truth
from vitrine.clicks.simulation.users import propensities
from vitrine.data.contract.splits import normalise
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.markdown import interval, table
from vitrine.metrics.ranking import Judgements, Run, evaluate

NOW = 1.8e9
SEARCHES = 30_000
CASES: dict[str, dict[str, object]] = {
    "pbm": {"model": "pbm"},
    "pbm, nothing swapped": {"model": "pbm", "swaps": 0.0},
    "pbm, a fifth of the searches by programs": {"model": "pbm", "bots": 0.2},
    "pbm, the same, and they are not left out": {"model": "pbm", "bots": 0.2},
    "cascade": {"model": "cascade"},
    "dbn": {"model": "dbn"},
    "dbn, noise 0.2": {"model": "dbn", "noise": 0.2},
}
TOLERANT = {"filters": {"bot_per_minute": 10**6, "bot_per_day": 10**6, "bot_click_share": 1.0}}


def main() -> None:
    """Run the cases, and write `clicks.json` and `clicks.md`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data/sample"))
    parser.add_argument("--output", type=Path, default=Path("runs/clicks"))
    parser.add_argument("--searches", type=int, default=SEARCHES)
    parser.add_argument("--impressions", type=int, help="also time a log of so many impressions")
    arguments = parser.parse_args()
    truth = read_truth(arguments.data, ("train", "eval"))
    rank = lexical_ranking(arguments.data, truth)
    figures: dict[str, object] = {}
    for name, fields in CASES.items():
        settings = LearningSettings.model_validate(TOLERANT if "not left out" in name else {})
        bots = float(str(fields.get("bots", 0)))
        searches = round(arguments.searches / (1 - bots))  # as many of people
        simulation = SimulationSettings.model_validate({"swaps": 0.3, "searches": searches} | fields)
        figures[name] = measure(arguments.data, truth, rank, simulation, settings)
        print(name, figures[name], flush=True)
    if arguments.impressions:
        figures["timing"] = measure_time(truth, rank, arguments.impressions)
        print(figures["timing"], flush=True)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "clicks.json").write_text(json.dumps(figures, indent=2) + "\n")
    (arguments.output / "clicks.md").write_text(markdown(figures) + "\n")


def measure(
    data: Path, truth: Truth, rank: Rank, simulation: SimulationSettings, settings: LearningSettings
) -> dict[str, object]:
    """Return the figures of one log."""
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder) / "events"
        visits = plan(list(truth), simulation, NOW)
        write_events(browse(visits, rank, truth, simulation), len(visits), events)
        learned = learn(Sources(events, data), settings, Path(folder) / "out")
        seen = leave_out(read_log(events), settings.filters, settings.model.depth).impressions
    relevance, choice = learn_relevance(seen, float(seen.time.max()), settings)
    _, pair = np.unique(seen.keys, return_inverse=True)
    shown = np.bincount(pair)
    scores = {
        "shown": -np.bincount(pair, seen.position) / shown,
        "rate": np.bincount(pair, seen.clicked) / shown,
        "learnt": relevance.value,
    }
    labels = {(normalise(query), product): label for query, row in truth.items() for product, label in row.items()}
    pairs = pairs_of(relevance)
    query, product = (np.asarray([each[side] for each in pairs], object) for side in (0, 1))
    judgements = Judgements(query, product, np.asarray([GAINS[CLASS_IDS[labels[each]]] for each in pairs]))
    runs = {name: Run(query, product, score) for name, score in scores.items()}
    ndcg = {name: evaluate(judgements, run, ["ndcg@10"])["ndcg@10"] for name, run in runs.items()}
    true = propensities(10, simulation.eta)
    errors = {}
    if simulation.model == "pbm":
        errors["pbm"] = float(np.abs(np.asarray(learned.model.propensities[:10]) - true).max())
        if learned.model.harvested:
            found = np.asarray(learned.model.harvested[:10])
            errors["swaps"] = float(np.abs(found - true[: len(found)]).max())
    agreement = learned.agreement
    return {
        "chosen": choice.name,
        "held_out": {name: held.log_likelihood for name, held in learned.model.held_out.items()},
        "propensity_errors": errors,
        "ndcg": {name: [value.value, value.low, value.high] for name, value in ndcg.items()},
        "kappa": None if agreement is None else agreement.kappa,
        "pairs": 0 if agreement is None else agreement.pairs,
        "bots": learned.left_out.bots,
        "searches_of_bots": learned.left_out.searches_of_bots,
    }


def measure_time(truth: Truth, rank: Rank, impressions: int) -> dict[str, float]:
    """Return the seconds of reading a log, of fitting the models, and of the whole."""
    settings = LearningSettings()
    simulation = SimulationSettings(searches=impressions // 10, users=10_000, swaps=0.3)
    with tempfile.TemporaryDirectory() as folder:
        visits = plan(list(truth), simulation, NOW)
        write_events(browse(visits, rank, truth, simulation), len(visits), Path(folder))
        started = time.process_time()
        seen = leave_out(read_log(Path(folder)), settings.filters, settings.model.depth).impressions
        read = time.process_time()
        learn_relevance(seen, float(seen.time.max()), settings)
        done = time.process_time()
    return {"impressions": len(seen), "read_seconds": read - started, "fit_seconds": done - read}


def markdown(figures: dict[str, object]) -> str:
    """Return the table of the cases."""
    rows = []
    for name, found in figures.items():
        if not isinstance(found, dict) or "ndcg" not in found:
            continue
        errors = found["propensity_errors"]
        rows.append(
            [
                name,
                str(found["chosen"]),
                f"{errors['pbm']:.3f}" if "pbm" in errors else "",
                f"{errors['swaps']:.3f}" if "swaps" in errors else "",
                *(interval(*found["ndcg"][system]) for system in ("shown", "rate", "learnt")),
                "" if found["kappa"] is None else f"{found['kappa']:.3f} ({found['pairs']:,})",
            ]
        )
    header = ["users", "chosen", "error, EM", "error, swaps", "as shown", "click rate", "learnt", "kappa (pairs)"]
    return table(header, rows)


if __name__ == "__main__":
    main()

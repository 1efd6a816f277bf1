"""Labels that a gateway shows beside results, compared with judgements.

    vitrine gateway --serving runs/sample/serving --port 8501
    python -m benchmarks.badges http://localhost:8501 data/sample/judgements/eval/judgements.csv [--queries 150]

Queries are searched as they are. The calibration is that of the probability of E, in bins of a tenth.
"""

import argparse
import csv
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

import httpx
import numpy as np

from vitrine.gateway.search.badges import LEAST

RESULTS: Final = 48
BINS: Final = 10


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("judgements", type=Path)
    parser.add_argument("--queries", type=int, default=150)
    arguments = parser.parse_args()
    judged = judgements(arguments.judgements)
    counts: Counter[str] = Counter()
    pairs: list[tuple[float, bool]] = []
    with httpx.Client(base_url=arguments.url, timeout=60) as client:
        for query in sorted(judged)[: arguments.queries]:
            body = {"query": query, "k": RESULTS, "rewrite": False, "interpret": False, "anyway": True}
            response = client.post("/predict", json=body).raise_for_status().json()
            asked = next((each["category"] for each in response["categories"] if each["probability"] >= LEAST), None)
            counts["queries"] += 1
            counts["queries with a category"] += asked is not None
            for result in response["results"]:
                label = judged[query].get(result["product_id"])
                for field in ("label", "badge"):
                    if result[field] == "E":
                        counts[f"{field} E"] += 1
                        counts[f"{field} E, another category"] += asked is not None and result["category"] != asked
                        counts[f"{field} E, judged"] += label is not None
                        counts[f"{field} E, judged E"] += label == "E"
                if label is not None:
                    pairs.append((result["esci"]["E"], label == "E"))
    figures = {**counts, "judged results": len(pairs), "calibration error": round(calibration_error(pairs), 3)}
    print(json.dumps(figures, indent=2))


def judgements(path: Path) -> dict[str, dict[str, str]]:
    """Return the label of each judged product, by query."""
    judged: dict[str, dict[str, str]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            judged[row["query"]][row["product_id"]] = row["esci_label"]
    return judged


def calibration_error(pairs: list[tuple[float, bool]]) -> float:
    """Return the expected calibration error of probabilities, weighted by the bins' sizes (Naeini et al. 2015)."""
    probability, is_exact = np.array(pairs, np.float64).T
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    sizes = np.bincount(bins, minlength=BINS)
    gaps = np.bincount(bins, probability, BINS) - np.bincount(bins, is_exact, BINS)
    return float(np.abs(gaps[sizes > 0]).sum() / sizes.sum())


if __name__ == "__main__":
    main()

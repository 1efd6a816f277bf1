"""A small shop with a catalogue alone, and a model that labels its products by the words of the query."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.label_endpoint import LabelEndpoint
from vitrine.data.contract.files import write_catalogue
from vitrine.judging.run import Sources
from vitrine.judging.settings import JudgingSettings

KEY = "key-that-nobody-may-see"
ENVIRONMENT = {"MODEL_KEY": KEY}
COLOURS = ("red", "blue", "green", "black")
THINGS = ("mug", "lamp", "chair", "scarf", "kettle", "rug")
PRODUCTS = [
    {
        "product_id": f"{colour}-{thing}",
        "title": f"{colour.title()} {thing}",
        "description": f"A {thing} in {colour}. " + "For every day. " * 40,
        "brand": "",
        "color": colour,
        "category": thing,
        "image": "",
        "views": "",
        "price": 10.0,
    }
    for colour in COLOURS
    for thing in THINGS
]


def write_shop(folder: Path) -> Path:
    """Write the catalogue alone."""
    write_catalogue(folder, pa.Table.from_pylist(PRODUCTS))
    return folder


def label_of(query: str, product: Mapping[str, str]) -> str:
    """Return E if all of the query's words are in the title, S if the last one is, and else I."""
    words, title = query.lower().split(), product["title"].lower().split()
    if set(words) <= set(title):
        return "E"
    return "S" if words[-1] in title else "I"


def settings(endpoint: LabelEndpoint, **values: Any) -> JudgingSettings:
    """Return settings for the endpoint; keys of sections are written with two underscores."""
    sections: dict[str, Any] = {
        "endpoint": {"base_url": endpoint.url, "model": "small", "api_key_env": "MODEL_KEY", "timeout_seconds": 5},
        "budget": {"per_minute": 60_000},
        "queries": 30,
    }
    for key, value in values.items():
        section, _, name = key.partition("__")
        if name:
            sections[section][name] = value
        else:
            sections[section] = value
    return JudgingSettings.model_validate(sections)


def sources(folder: Path, **values: Any) -> Sources:
    return Sources(folder, folder.with_name("labels.jsonl"), **values)

"""Attributes of a product offer: those that every shop has, and those that a shop declares."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from vitrine.data import columns
from vitrine.errors import ConfigError, DataError
from vitrine.files.replacing import write_text

Kind = Literal["number", "integer", "flag", "text"]
AttributeValue = float | int | str

KINDS: Final[Mapping[Kind, pa.DataType]] = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.int64(),  # 0 or 1, as the flags of Feast's other views
    "text": pa.string(),
}
"""The Arrow type of each kind of attribute."""

BUILT_IN: Final[Mapping[str, Kind]] = {
    columns.PRICE: "number",
    columns.STOCK: "integer",
    columns.POPULARITY: "number",
    columns.HIDDEN: "flag",
}
"""The attributes that every store of offers has."""

DECLARED: Final = "attributes.json"
"""The file of a shop's own attributes in the directory of the offers."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class Attributes:
    """The attributes of a store of offers: `kinds` has the kind of each, by name."""

    kinds: Mapping[str, Kind]

    def own(self) -> dict[str, Kind]:
        """Return the attributes that the shop declared."""
        return {name: kind for name, kind in self.kinds.items() if name not in BUILT_IN}

    def schema(self) -> pa.Schema:
        """Return the Arrow schema of whole offers, without their event time."""
        return pa.schema(
            [(columns.PRODUCT_ID, pa.string()), *((name, KINDS[kind]) for name, kind in self.kinds.items())]
        )


def read_attributes(directory: Path) -> Attributes:
    """Return the attributes of the offers in `directory`, which need not exist yet.

    Raises:
        DataError: The file of declared attributes is not as `declare` writes it.
    """
    path = directory / DECLARED
    try:
        declared = json.loads(path.read_text(encoding="utf-8"))
        return Attributes({**BUILT_IN, **_checked(declared)})
    except FileNotFoundError:
        return Attributes(BUILT_IN)
    except (ValueError, AttributeError, ConfigError) as error:
        raise DataError(f"{path}: not a file of attributes: {error}") from None


def declare(directory: Path, declared: Mapping[str, Kind]) -> Attributes:
    """Add attributes to those of the offers in `directory`, and return all of them.

    Raises:
        ConfigError: A name is not allowed, or the attribute exists with another kind.
    """
    attributes = read_attributes(directory)
    for name, kind in _checked(declared).items():
        if attributes.kinds.get(name, kind) != kind:
            raise ConfigError(f"attribute {name} is a {attributes.kinds[name]}, and cannot become a {kind}")
    merged = Attributes({**attributes.kinds, **declared})
    if merged != attributes:
        write_text(directory / DECLARED, json.dumps(merged.own(), indent=2) + "\n")
    return merged


def parse_declarations(texts: Iterable[str]) -> dict[str, Kind]:
    """Parse declarations of the form NAME=KIND.

    Raises:
        ConfigError: A declaration has another form, or a name or kind is not allowed.
    """
    pairs = {}
    for text in texts:
        name, equals, kind = text.partition("=")
        if not equals:
            raise ConfigError(f"--attribute {text}: expected NAME=KIND, such as rating=number")
        pairs[name] = kind
    return _checked(pairs)


def _checked(declared: Mapping[str, str]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {kind: kind for kind in KINDS}
    checked: dict[str, Kind] = {}
    for name, kind in declared.items():
        if not _NAME.fullmatch(name) or (name in columns.CATALOGUE and name not in BUILT_IN):
            raise ConfigError(
                f"attribute {name!r}: a name has lower-case letters, digits and _, and is no column of the catalogue"
            )
        if kind not in kinds:
            raise ConfigError(f"attribute {name}: {kind!r} is not one of {', '.join(KINDS)}")
        checked[name] = kinds[kind]
    return checked

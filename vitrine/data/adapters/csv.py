"""A user's catalogue and judgements in files of their own, or as shops' systems export them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.attributes.declaration import NAME, RESERVED
from vitrine.data.columns import PRODUCT_ID
from vitrine.data.formats.csv_reading import Dialect, Escape, Quoting
from vitrine.data.formats.plain_csv import ENCODINGS, known_encoding
from vitrine.data.tables import catalogue as catalogues
from vitrine.data.tables import judgements
from vitrine.data.tables.catalogue import CatalogueTable
from vitrine.data.tables.judgements import REQUIRED, JudgementsTable
from vitrine.data.tables.labels import LabelMap
from vitrine.data.tables.prices import Decimal
from vitrine.data.tables.raters import Raters
from vitrine.errors import ConfigError
from vitrine.labels import LABELS

LISTED: Final = ":list"
"""The end of the name of an attribute with the values of all rows of a product."""
MAPPABLE: Final = {"catalogue": catalogues.MAPPABLE, "judgements": judgements.MAPPABLE}


@dataclass(frozen=True)
class CsvSettings:
    """Settings for reading the user's files.

    Attributes:
        catalogue_file, judgements_file: paths below the input folder.
        queries_file: the texts of the queries, for judgements in TREC's form.
        columns: the file's column by the contract's column (`title`), or by file and column (`judgements.query`); ""
            for none. Other columns have the contract's names, or those of an export's layout. `split` is read only
            when mapped.
        labels: E, S, C or I by value, or range of values, of the label column.
        raters: the label of a pair that several raters judged; "" makes a second judgement an error.
        delimiter: the delimiter, "" for the most frequent one of the first line.
        quoting: "double", or "none" where quotes are text.
        escape: the quotes in quoted values are "double", or have a "backslash" before them.
        html: whether texts of products are cleaned of HTML, or kept.
        decimal: the decimal mark of prices, "" to tell it from them.
        group: whether the rows of one id are merged.
        images: the image root, below the input folder.
        attributes: the file's column of each attribute to keep, the same name by default.
        listed: the attributes of which the values of all rows of a product are kept.
    """

    catalogue_file: str = "catalogue.csv"
    judgements_file: str = "judgements.csv"
    queries_file: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    raters: Raters | Literal[""] = ""
    delimiter: str = ""
    encoding: str = "utf-8"
    quoting: Quoting = "double"
    escape: Escape = "double"
    html: Literal["clean", "keep"] = "clean"
    decimal: Decimal | Literal[""] = ""
    group: bool = False
    images: str = "images"
    attributes: Mapping[str, str] = field(default_factory=dict)
    listed: Sequence[str] = field(init=False, default=())

    def __post_init__(self) -> None:
        named = {name.removesuffix(LISTED): column for name, column in self.attributes.items()}
        for name in named:
            if not re.fullmatch(NAME, name) or name in RESERVED:
                raise ConfigError(
                    f"--attribute {name}: a name has lower-case letters, digits and _, and is no column of the contract"
                )
        listed = [name.removesuffix(LISTED) for name in self.attributes if name.endswith(LISTED)]
        object.__setattr__(self, "attributes", {name: column or name for name, column in named.items()})
        object.__setattr__(self, "listed", listed)
        allowed = {*MAPPABLE["catalogue"], *MAPPABLE["judgements"]}
        allowed |= {f"{file}.{column}" for file, columns in MAPPABLE.items() for column in columns}
        for column, name in self.columns.items():
            if column not in allowed:
                names = ", ".join(dict.fromkeys([*MAPPABLE["catalogue"], *MAPPABLE["judgements"]]))
                raise ConfigError(f"--map {column}: not a column of the contract, which has {names}")
            if not name and column.rpartition(".")[2] in REQUIRED:
                raise ConfigError(f"--map {column}=: every dataset needs this column; name one")
        for value, label in self.labels.items():
            if label not in LABELS:
                raise ConfigError(f"--label-map {value}={label}: {label!r} is not one of {', '.join(reversed(LABELS))}")
        if self.delimiter and (len(self.delimiter) != 1 or self.delimiter in '"\r\n' or not self.delimiter.isascii()):
            raise ConfigError(
                f"--delimiter {self.delimiter!r}: must be one ASCII character, and no quote or line break"
            )
        try:
            known_encoding(self.encoding)
        except ValueError:
            raise ConfigError(f"--encoding {self.encoding}: not one of {', '.join(ENCODINGS)}") from None

    @property
    def dialect(self) -> Dialect:
        """The dialect of the user's files."""
        return Dialect(self.delimiter, known_encoding(self.encoding), True, self.quoting, self.escape, options=True)

    def chosen(self, file: str) -> dict[str, str]:
        """Return the user's mapping of the columns of `file`."""
        chosen = {column: name for column, name in self.columns.items() if column in MAPPABLE[file]}
        return chosen | {
            column.partition(".")[2]: name for column, name in self.columns.items() if column.startswith(f"{file}.")
        }

    def shares_id(self, file: str) -> bool:
        """Return whether the mapping of `product_id` is not for `file` alone."""
        return f"{file}.{PRODUCT_ID}" not in self.columns


def read(input_dir: Path, settings: CsvSettings | None = None) -> Dataset:
    """Read the user's files in blocks as records of the contract.

    There are no judgements without their file. Queries without an id get one from their text. The hash of the query
    decides the split unless `split` is mapped.
    """
    settings = settings or CsvSettings()
    notes: list[str] = []
    left_out: dict[str, int] = {}
    catalogue = CatalogueTable(
        input_dir / settings.catalogue_file,
        settings.dialect,
        settings.chosen("catalogue"),
        settings.html == "clean",
        settings.decimal,
        settings.group,
        notes,
        left_out,
        settings.shares_id("catalogue"),
        settings.attributes,
        settings.listed,
    )
    judged = JudgementsTable(
        input_dir / settings.judgements_file,
        settings.dialect,
        settings.chosen("judgements"),
        LabelMap.of(settings.labels),
        settings.raters,
        input_dir / settings.queries_file if settings.queries_file else None,
        lambda: catalogue.layout.columns[PRODUCT_ID],
        notes,
        left_out,
        settings.shares_id("judgements"),
    )
    is_judged = judged.path.exists() or not catalogue.path.exists()  # a missing catalogue is told first
    return Dataset(
        catalogue.products(),
        judged.records() if is_judged else None,
        input_dir / settings.images,
        left_out,
        notes,
        lacks=f"{judged.path}: no such file",
        attributes=list(settings.attributes),
    )

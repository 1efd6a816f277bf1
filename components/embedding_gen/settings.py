"""The settings of EmbeddingGen, as one value that ML Metadata keeps as JSON."""

import dataclasses
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of encoding and sharding.

    Attributes:
      image_root: the folder that relative image paths start from.
      text_fields: product columns whose values, joined with ". ", are the product's text.
      precision: the encoder's numeric precision.
      shards: number of files to write; one worker encodes each, and holds its texts and vectors in memory.
      batch: products that are read and encoded at a time; bounds the images in memory.
    """

    image_root: str
    text_fields: tuple[str, ...] = ("title", "brand", "color", "category", "description")
    precision: Literal["float32", "bfloat16"] = "float32"
    shards: int = 1
    batch: int = 256

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Settings":
        """Return the settings that `as_dict` returned `fields` of."""
        return cls(**{**fields, "text_fields": tuple(fields["text_fields"])})

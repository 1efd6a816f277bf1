"""What EmbeddingGen is told, as one value that goes through ML Metadata as JSON."""

import dataclasses
from typing import Any, Literal


@dataclasses.dataclass(frozen=True)
class Settings:
    """How to encode.

    Attributes:
      image_root: folder that relative image paths start from.
      text_fields: product columns whose values, joined with ". ", are the product's text.
      precision: what the encoder computes in.
      shards: files to write; each is encoded by one worker, which holds its texts and vectors in memory.
      batch: products read and encoded at a time; bounds the pictures in memory.
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
        """Read what `as_dict` returned."""
        return cls(**{**fields, "text_fields": tuple(fields["text_fields"])})

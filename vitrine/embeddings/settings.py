"""Settings of the encoding of queries and products."""

from typing import Literal

from pydantic import Field

from vitrine.settings import Section


class EncodingSettings(Section):
    """Settings of encoding."""

    image_root: str = Field("", description="the folder that relative image paths start from")
    text_fields: tuple[str, ...] = Field(
        ("title", "brand", "color", "category", "description"),
        description='product columns whose values, joined with ". ", are the product\'s text',
    )
    precision: Literal["float32", "bfloat16"] = Field("float32", description="the encoder's numeric precision")
    shards: int = Field(1, ge=1, description="number of workers that encode at the same time")
    batch: int = Field(256, ge=1, description="images that are read and encoded at a time; bounds them in memory")

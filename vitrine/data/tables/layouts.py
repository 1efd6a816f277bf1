"""Layouts of the exports of shops' systems, detected by their header."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vitrine.data.columns import CATALOGUE, CURRENCY, VIEWS
from vitrine.data.tables.matching import key
from vitrine.data.tables.variants import POSITION, option_columns

STATUS: Final = "status"
"""Column that says whether a product is shown in the shop."""

OPTIONS: Final = option_columns(3)


@dataclass(frozen=True)
class Layout:
    r"""A layout of a catalogue's file.

    Attributes:
        name: the layout in words, "" for the contract's own.
        marks: sets of columns; a header with all of one set has this layout.
        columns: the file's columns of each of the contract's. The first that is filled has a row's value, apart from
            images, which are all used, and from `joined`.
        joined: the contract's columns that join all of the file's.
        variants: whether several rows are one product.
        shown: values of `STATUS` of products that the shop shows.
        written_breaks: whether line breaks in texts are written as `\n`.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    marks: Sequence[Sequence[str]] = ()
    joined: Sequence[str] = ()
    variants: bool = False
    shown: Sequence[str] = ()
    written_breaks: bool = False
    known: Mapping[str, Sequence[str]] = field(init=False)

    def __post_init__(self) -> None:
        extra = (CURRENCY, POSITION, STATUS, *(name for pair in OPTIONS for name in pair))
        known = {name: self.columns.get(name, ()) for name in (*CATALOGUE, *extra)}
        object.__setattr__(self, "known", known)

    def matches(self, header: Sequence[str]) -> bool:
        """Return whether a file with this header has the layout."""
        keys = set(map(key, header))
        return any(keys.issuperset(map(key, marks)) for marks in self.marks)


CONTRACT: Final = Layout(
    "", {name: (name,) for name in CATALOGUE} | {"color": ("color", "colour"), CURRENCY: (CURRENCY,)}
)

SHOPIFY: Final = Layout(
    "Shopify's product export",
    {
        "product_id": ("Handle", "URL handle"),
        "title": ("Title",),
        "description": ("Body (HTML)", "Description"),
        "brand": ("Vendor",),
        "category": ("Product Category", "Type"),
        "image": ("Image Src", "Product image URL", "Variant Image", "Variant image URL"),
        "price": ("Variant Price", "Price"),
        POSITION: ("Image Position",),
        STATUS: ("Status",),
        **{
            column: (f"Option{number} {part}",)
            for number, pair in enumerate(OPTIONS, start=1)
            for column, part in zip(pair, ("Name", "Value"), strict=True)
        },
    },
    marks=(("Handle", "Title", "Body (HTML)"), ("URL handle", "Title", "Vendor")),
    variants=True,
    shown=("active",),
)

WOOCOMMERCE: Final = Layout(
    "WooCommerce's product export",
    {
        "product_id": ("Parent", "SKU", "ID"),
        "title": ("Name",),
        "description": ("Description", "Short description"),
        "brand": ("Brands", "Brand"),
        "category": ("Categories",),
        "image": ("Images",),
        "price": ("Sale price", "Regular price"),
        STATUS: ("Published",),
        **{
            column: (f"Attribute {number} {part}",)
            for number, pair in enumerate(OPTIONS, start=1)
            for column, part in zip(pair, ("name", "value(s)"), strict=True)
        },
    },
    marks=(("Type", "SKU", "Name", "Regular price"),),
    joined=("description",),
    variants=True,
    shown=("1",),
    written_breaks=True,
)

GOOGLE_MERCHANT: Final = Layout(
    "a feed of Google Merchant Center",
    {
        "product_id": ("id",),
        **{name: (name,) for name in ("title", "description", "brand", "color")},
        "category": ("product_type", "google_product_category"),
        "image": ("image_link", "additional_image_link"),
        "price": ("sale_price", "price"),
    },
    marks=(("id", "title", "image_link"),),
)

MAGENTO: Final = Layout(
    "Magento's product export",
    {
        "product_id": ("sku",),
        "title": ("name",),
        "description": ("description", "short_description"),
        "brand": ("manufacturer", "brand"),
        "color": ("color",),
        "category": ("categories",),
        "image": ("base_image",),
        VIEWS: ("additional_images",),
        "price": ("special_price", "price"),
    },
    marks=(("sku", "attribute_set_code", "name"),),
    joined=("description",),
    variants=True,  # a row for each language
)

LAYOUTS: Final = (SHOPIFY, WOOCOMMERCE, GOOGLE_MERCHANT, MAGENTO)


def detect_layout(header: Sequence[str]) -> Layout:
    """Return the layout of a catalogue's file by its header, the contract's own if it is no other."""
    return next((layout for layout in LAYOUTS if layout.matches(header)), CONTRACT)

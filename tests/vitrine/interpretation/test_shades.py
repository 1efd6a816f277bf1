import numpy as np
import pyarrow as pa
import pytest

from vitrine.interpretation.catalogue_words import CatalogueWords, Values
from vitrine.interpretation.shades import shades_of
from vitrine.text.analysis import analyse_column

# Title and colour.
PRODUCTS = [
    ("Red mug", "red"),
    ("Mug", "scarlet"),
    ("Crimson mug", ""),
    ("Crimson and clover mug", "green"),
    ("Cherry wood table", ""),
    ("Table", "cherry"),
    ("Gray mug", "grey"),
    ("Mug", "gray"),
    ("Navy mug", ""),
]


@pytest.fixture(scope="module")
def words() -> CatalogueWords:
    titles, colours = (pa.array(column) for column in zip(*PRODUCTS, strict=True))
    encoded = colours.dictionary_encode()
    none = Values([""], np.zeros(len(PRODUCTS), np.int32))
    values = Values(encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int32))
    terms = frozenset(analyse_column(pa.concat_arrays([titles, colours])).values.to_pylist())
    return CatalogueWords(pa.chunked_array([titles]), {"color": values, "brand": none, "category": none}, terms)


@pytest.mark.parametrize(
    ("colour", "excluded"),
    [
        # A name of a thing counts as a colour only; a colour in a title counts where the product names no other.
        ("red", {0, 1, 2, 5}),
        ("scarlet", {1}),
        ("grey", {6, 7}),
        ("gray", {6, 7}),
        ("blue", {8}),
        ("green", {3}),
    ],
)
def test_an_excluded_colour_excludes_its_shades(words: CatalogueWords, colour: str, excluded: set[int]) -> None:
    assert set(np.flatnonzero(words.excluded("color", (colour,))).tolist()) == excluded


def test_a_phrase_has_no_shades() -> None:
    assert shades_of(("dark", "red")) == ()
    assert shades_of(()) == ()


def test_no_shade_is_of_two_colours() -> None:
    colours = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "turquoise")
    names = [shade.terms for colour in (*colours, "grey") for shade in shades_of((colour,))]
    assert len(names) == len(set(names)) > 40

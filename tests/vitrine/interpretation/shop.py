"""A small shop, and an interpreter of its queries."""

import numpy as np
import pyarrow as pa

from vitrine.interpretation.catalogue_words import CatalogueWords, Values
from vitrine.interpretation.constraint import Interpretation
from vitrine.interpretation.interpreter import Interpreter
from vitrine.interpretation.settings import InterpretationSettings
from vitrine.text.inflection import Vocabulary

# Title, colour, brand and category.
PRODUCTS = [
    ("Red mug with handle", "red", "Kestrand", "mug"),
    ("Navy blue mug", "navy blue", "Kestrand", "mug"),
    ("Mug in scarlet and red", "", "Avelo", "mug"),
    ("Mug without a handle", "green", "Avelo", "mug"),
    ("Green travel mug", "green", "Avelo", "travel mug"),
    ("Nonstick pan", "black", "Brunt", "pan"),
    ("Sugar-free gum", "", "Brunt", "gum"),
    ("Gum with sugar", "", "Brunt", "gum"),
    ("No show socks", "white", "Not Your Mother's", "socks"),
    ("Shirt with long sleeves and lace", "white", "Avelo", "shirt"),
    ("Sleeves", "white", "Avelo", "accessory"),
    ("Budget planner, premium paper", "white", "Avelo", "planner"),
    ("Phone with 64 GB", "black", "Cirrus", "phone"),
]


def words() -> CatalogueWords:
    columns = [pa.array(column) for column in zip(*PRODUCTS, strict=True)]
    encoded = [column.dictionary_encode() for column in columns[1:]]
    values = [Values(each.dictionary.to_pylist(), each.indices.to_numpy().astype(np.int32)) for each in encoded]
    named = dict(zip(("color", "brand", "category"), values, strict=True))
    terms = Vocabulary.of(pa.chunked_array(columns)).terms
    return CatalogueWords(pa.chunked_array([columns[0]]), named, frozenset(terms))


WORDS = words()


def interpret(query: str, has_prices: bool = True, **settings: bool) -> Interpretation:
    return Interpreter(InterpretationSettings(**settings), WORDS).interpret(query, has_prices)

"""One version of a catalogue, read from the index files in its serving directory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.data.contract.judges import caveat
from vitrine.errors import DataError
from vitrine.features.offers.reading import Offers
from vitrine.gateway.catalogue.product_table import ProductTable
from vitrine.gateway.schemas.facets import Facets
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.settings import CatalogueSettings
from vitrine.interpretation.constraint import Exclusion
from vitrine.interpretation.interpreter import Interpreter
from vitrine.interpretation.settings import InterpretationSettings
from vitrine.rewriting.rewrite import Rewriter, Unchanged
from vitrine.search.confidence import Confidence
from vitrine.search.image_confidence import ImageConfidence, read_image_confidence
from vitrine.search.index_files import index_digest, products_file, read_description
from vitrine.search.settings import SearchWeights
from vitrine.text.inflection import Vocabulary
from vitrine.text.matching import WordMatcher
from vitrine.text.words import vocabulary_of

INDEX: Final = "index"
RANKING: Final = frozenset({"rank_text", "rank_similar"})
"""The required signatures of a model that finds its candidates."""
RERANKING: Final = frozenset({"embed_text", "rerank_text", "rerank_both"})
"""The required signatures of a model whose candidates are found in Milvus."""

MakeRewriter = Callable[[Mapping[str, int]], Rewriter]
"""A function that makes a rewriter for a vocabulary, the count of each word in a catalogue."""


@dataclass(frozen=True)
class CatalogueVersion:
    """One version of a catalogue.

    Attributes:
        version: The version number of the model and of the index.
        digest: A digest of the index: it differs where another catalogue has the same version number.
        products: The products in the order of the model's rows.
        signatures: The names of the model's signatures.
        confidence: The measured parameters that tell whether an answer means anything.
        image_confidence: The detector of image queries that show no product; None if none is refused.
        terms: The terms in the products' texts, with the other forms of their words.
        category_terms: The terms in the names of its categories.
        matcher: The matcher of words of queries with the products' texts.
        rewriter: The rewriter of queries for the words of the products' texts.
        interpreter: The interpreter of queries; None if the model answers known queries only.
        image_root: The folder that relative image paths start from.
        dimension: The dimension of the embeddings.
        encoder: The fingerprint of the encoder that made them.
        facets: The facets of the whole catalogue.
        any_text: False if the model answers known queries only; they are not rewritten.
        diversity: The diversity of results where a request names none.
        judged_by: Whose judgements the model learnt from; None if people's.
        weights: The measured weights of the model's scores.
    """

    version: int
    digest: str
    products: ProductTable
    signatures: frozenset[str]
    confidence: Confidence
    image_confidence: ImageConfidence | None
    terms: frozenset[str]
    category_terms: frozenset[str]
    matcher: WordMatcher
    rewriter: Rewriter
    interpreter: Interpreter | None
    image_root: Path
    dimension: int
    encoder: str
    facets: Facets
    any_text: bool
    diversity: float
    judged_by: str | None
    weights: SearchWeights

    @property
    def searches_images(self) -> bool:
        """True if the catalogue can be searched by image."""
        return "embed_image" in self.signatures

    def passing(
        self, filters: Filters, excluded: Sequence[Exclusion] = (), only: Sequence[str] = ()
    ) -> npt.NDArray[np.bool_] | None:
        """Return a mask, bool [N], of the products that pass, of those in `only` if it names any; None if all pass."""
        mask = self.products.mask(filters)
        if only:
            named = self.products.among(only)
            mask = named if mask is None else mask & named
        if self.interpreter is None or not excluded:
            return mask
        words = self.interpreter.words
        allowed: npt.NDArray[np.bool_] = ~np.logical_or.reduce(
            [words.excluded(each.field, each.terms) for each in excluded]
        )
        if mask is not None:
            allowed &= mask
        return allowed

    def with_offers(self, offers: Offers) -> "CatalogueVersion":
        """Return the version, as it was read, with offers."""
        if not offers.sequence:
            return self
        products = self.products.with_offers(offers.rows)
        return replace(self, products=products, facets=products.facets())


def read_version(
    settings: CatalogueSettings,
    version: int,
    signatures: frozenset[str],
    make_rewriter: MakeRewriter,
    interpretation: InterpretationSettings,
) -> CatalogueVersion:
    """Read a version from the index files in the serving directory.

    Raises:
        DataError: The model lacks a required signature, or an index file cannot be read.
    """
    required = RERANKING if settings.retrieval else RANKING
    if not signatures >= required:
        missing = ", ".join(sorted(required - signatures))
        raise DataError(f"version {version} has no {missing}; run the pipeline again")
    directory = settings.serving / INDEX / str(version)
    description = read_description(directory)
    products = ProductTable.read(products_file(directory))
    texts = products.texts()
    vocabulary = Vocabulary.of(texts)
    matcher = WordMatcher(vocabulary.forms)
    return CatalogueVersion(
        version,
        index_digest(directory),
        products,
        signatures,
        description.confidence,
        read_image_confidence(directory),
        vocabulary.terms,
        frozenset(matcher.phrase(" . ".join(products.categories))),
        matcher,
        rewriter_of(products, make_rewriter) if description.any_text else Unchanged(),
        Interpreter(interpretation, products.words(vocabulary.terms)) if description.any_text else None,
        settings.image_root or Path(description.image_root),
        description.dimension,
        description.fingerprint,
        products.facets(),
        description.any_text,
        description.settings.diversity,
        caveat(description.judged_by),
        description.weights,
    )


def rewriter_of(products: ProductTable, make_rewriter: MakeRewriter) -> Rewriter:
    """Return a rewriter for the words of the products' texts.

    Raises:
        ConfigError: A file of synonyms cannot be used.
    """
    return make_rewriter(vocabulary_of(products.texts()))

"""The scorer of a catalogue that is inside the graph, with its indexes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tensorflow as tf

from vitrine.errors import DataError
from vitrine.search.faiss_file import FaissLists
from vitrine.search.fusion import FusedVectors
from vitrine.search.index.entry_lists import measured_index
from vitrine.search.index.inverted_lists import InvertedLists, build_lists, with_links
from vitrine.search.index.ivf_index import IvfIndex, rows_per_query
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.model.pair_scorer import CLASSIFY, PairScorer
from vitrine.search.model.retriever import Retriever
from vitrine.search.model.stored_products import StoredProducts
from vitrine.search.model.text_candidates import TextCandidates
from vitrine.search.products import Products
from vitrine.search.row_blocks import RowSource, Vectors
from vitrine.search.settings import Fusion, SearchSettings, SearchWeights


class Scorer(PairScorer):
    """The catalogue, its indexes and the classifier. K is `top_k`, or the size of a smaller catalogue."""

    def __init__(
        self,
        products: Products,
        encoder: tf.Module,
        encodes_images: bool,
        classifier: tf.Module,
        settings: SearchSettings,
        weights: SearchWeights,
        query_vectors: Vectors | None = None,
        lexical: LexicalIndex | None = None,
    ) -> None:
        """Store the products; `encoder`, `classifier` and `weights` are those of `PairScorer`.

        `query_vectors` float32 [Q, D] are examples of text queries, by default the products' texts. `lexical` are the
        postings of the catalogue, which are left out if words have no weight.
        """
        index = lexical if weights.counts_words else None
        words = index.statistics if index else None
        super().__init__(encoder, encodes_images, products.dimension, classifier, weights, words)
        self.top_k, self.candidates = rows_per_query(settings, products.count)
        self.diversity = settings.diversity
        self.products = StoredProducts(products, settings.precision, index)
        queries = products.present_texts if query_vectors is None else query_vectors
        kinds = [(weights.text_query, queries)]
        if encodes_images and products.image_vectors is not None:  # otherwise, images search the same texts
            kinds.append((weights.image_query, products.present_images))
        lists = _build_lists(products, kinds, settings) if settings.inverted(products.count) else []
        indexes: list[IvfIndex | None] = [measured_index(each, settings) for each in lists]
        indexes = indexes or [None]
        self._text_lists = next(
            (FaissLists(each.centroids, each.partition.assigned, each.partition.probes) for each in lists), None
        )
        self.text_retriever = Retriever(self.products.vectors, weights.text_query, indexes[0])
        self.text_candidates = TextCandidates(self, self.products, self.text_retriever, index, self.candidates)
        if encodes_images:
            self.image_retriever = Retriever(self.products.vectors, weights.image_query, indexes[-1])

    @property
    def text_lists(self) -> FaissLists | None:
        """The inverted lists of text queries, without their codes; None if all products are searched."""
        return self._text_lists


def _build_lists(
    products: Products, kinds: Sequence[tuple[Fusion, RowSource]], settings: SearchSettings
) -> list[InvertedLists]:
    """Return the inverted lists of each kind of query, with typical queries of it. Links are built side by side."""
    fused = [FusedVectors(fusion, products) for fusion, _ in kinds]
    lists = [build_lists(each, each.bias, queries, settings) for each, (_, queries) in zip(fused, kinds, strict=True)]
    with ThreadPoolExecutor(len(lists)) as pool:
        return list(pool.map(lambda each: with_links(each, settings), lists))


def load_classifier(directory: Path) -> tf.Module:
    """Load the exported ESCI classifier.

    Raises:
        DataError: the model is not a classifier of this version.
    """
    classifier = tf.saved_model.load(str(directory))
    if CLASSIFY not in classifier.signatures:
        raise DataError(
            f"{directory}: no signature {CLASSIFY}, so this is no classifier, or one of an earlier "
            "version; train it again with `vitrine run`"
        )
    return classifier

"""The scorer of a catalogue that is inside the graph, with its indexes."""

from pathlib import Path

import tensorflow as tf

from vitrine.errors import DataError
from vitrine.search.faiss_file import FaissLists
from vitrine.search.fusion import FusedVectors
from vitrine.search.index.entry_lists import measured_index
from vitrine.search.index.inverted_lists import InvertedLists, build_lists
from vitrine.search.index.ivf_index import rows_per_query
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
        lists = _build_lists(products, weights.text_query, queries, settings)
        lists_index = measured_index(lists, settings) if lists else None
        self._text_lists = (
            FaissLists(lists.centroids, lists.partition.assigned, lists.partition.probes) if lists else None
        )
        self.text_retriever = Retriever(self.products.vectors, weights.text_query, lists_index)
        self.text_candidates = TextCandidates(self, self.products, self.text_retriever, index, self.candidates)
        if encodes_images:
            if products.image_vectors is not None:  # otherwise, both kinds of query search the same texts
                lists = _build_lists(products, weights.image_query, products.present_images, settings)
                lists_index = measured_index(lists, settings) if lists else None
            self.image_retriever = Retriever(self.products.vectors, weights.image_query, lists_index)

    @property
    def text_lists(self) -> FaissLists | None:
        """The inverted lists of text queries, without their codes; None if all products are searched."""
        return self._text_lists


def _build_lists(
    products: Products, fusion: Fusion, queries: RowSource, settings: SearchSettings
) -> InvertedLists | None:
    """Return inverted lists for one kind of query if the catalogue is large enough for them."""
    if not settings.inverted(products.count):
        return None
    fused = FusedVectors(fusion, products)
    return build_lists(fused, fused.bias, queries, settings)


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

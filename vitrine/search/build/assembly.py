"""Assembly of the search model from vectors, an encoder and a classifier."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.encoders.protocol import Encoder
from vitrine.search.fusion import calibrated
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.model.search_model import SearchModel
from vitrine.search.products import Products
from vitrine.search.settings import SearchSettings, SearchWeights


def build_search_model(
    products: pa.Table,
    text_vectors: npt.ArrayLike,
    image_vectors: npt.ArrayLike | None,
    has_text: npt.ArrayLike,
    has_image: npt.ArrayLike,
    encoder: Encoder,
    classifier_dir: Path,
    settings: SearchSettings | None = None,
    weights: SearchWeights | None = None,
    query_vectors: npt.ArrayLike | None = None,
) -> SearchModel:
    """Build the search model of a catalogue.

    `products` has the columns `product_id` and the text columns; vectors are float32 [N, D] of unit length in the same
    order, `image_vectors` None without any image, and `has_text`, `has_image` [N] say which of them exist.
    `classifier_dir` is the exported ESCI classifier. `weights` come from `vitrine.search.build.tuning.tune`; without
    them, similarities are calibrated on the catalogue, and the other weights have their defaults. `query_vectors`
    float32 [Q, D] of real queries size the inverted lists; without them, the products' own texts are used as queries.

    Raises:
        DataError: no products, repeated ids, or arrays that do not match.
    """
    rows = Products.of(products, text_vectors, image_vectors, has_text, has_image)
    queries = None if query_vectors is None else np.asarray(query_vectors, dtype=np.float32)
    settings, weights = settings or SearchSettings(), weights or calibrated(rows, queries)
    return SearchModel(
        rows,
        encoder.module,
        encoder.encodes_images,
        load_classifier(classifier_dir),
        settings,
        weights,
        queries,
        build_lexical_index(rows, settings.lexical) if weights.counts_words else None,
    )
